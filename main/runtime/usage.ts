import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { livingMembers } from './process-group.ts'

/** What all processes of a group hold at one moment. */
export interface Usage {
  readonly processes: number
  /**
   * On Linux what belongs to nobody else: anonymous and shared memory, and what of it was swapped out. Elsewhere what lies in
   * memory, so that what processes share counts once for each of them.
   */
  readonly bytes: number
}

/** @throws Error where the system does not tell */
export async function usageOf(group: number): Promise<Usage> {
  return process.platform === 'linux' ? linuxUsage(group) : psUsage(group)
}

/** proc(5), `/proc/pid/status`. */
function linuxUsage(group: number): Usage {
  let [processes, bytes] = [0, 0]
  for (const pid of livingMembers(group)) {
    processes++
    for (const [, kib] of statusOf(pid).matchAll(OWN_MEMORY)) bytes += Number(kib) * 1024
  }
  return { processes, bytes }
}

const OWN_MEMORY = /^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    // It has ended since.
    return ''
  }
}

const run = promisify(execFile)

/** POSIX `ps`; the sizes are KiB on macOS and the BSDs, as on Linux. */
export async function psUsage(group: number): Promise<Usage> {
  const { stdout } = await run('/bin/ps', ['-A', '-o', 'pgid=,rss='], { env: { LC_ALL: 'C' } })
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  const own = lines.filter(([leader]) => leader === String(group))
  return {
    processes: own.length,
    bytes: own.reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0),
  }
}
