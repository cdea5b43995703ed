import { execFile } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'

/**
 * When a process began: together with its id, what tells it from a later process that was given the same id. Opaque, one
 * word, fit for comparing only.
 *
 * @returns null where there is no such process, or the system does not tell
 */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxStart(pid)
  if (process.platform === 'win32') return null
  return psStart(pid)
}

/** proc_pid_stat(5), field 22, in ticks since the machine started. The name in parentheses may hold anything. */
function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

const run = promisify(execFile)

/** POSIX `ps` has no column for it, but those of macOS and the BSDs do; whole seconds. */
export async function psStart(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { LC_ALL: 'C', TZ: 'UTC' },
    })
    return stdout.trim().replaceAll(/\s+/g, '_') || null
  } catch {
    return null
  }
}

/**
 * Within what a process id and its start mean one process: this run of the machine, this container. Ids that were
 * written down elsewhere say nothing.
 */
export function processSpace(): string {
  if (process.platform !== 'linux') return process.platform
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return 'unknown'
  }
}
