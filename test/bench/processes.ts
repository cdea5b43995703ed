import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { bareEnvironment } from './clients.ts'
import { eachLine } from './floor/lines.mjs'

/** A program that runs while something is measured. */
export interface Program extends AsyncDisposable {
  readonly pid: number
  /** The first line that it wrote to stdout. */
  readonly line: string
}

/** @param ready takes a line that says that it is up @throws Error where it ends before */
export async function startProgram(
  command: readonly string[],
  options: { env?: Readonly<Record<string, string>>; ready?: (line: string) => boolean } = {},
): Promise<Program> {
  const { env = {}, ready = () => true } = options
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...bareEnvironment(), ...env },
    // A group of its own, so that what it starts ends with it.
    detached: true,
  })
  const up = Promise.withResolvers<string>()
  let complaint = ''
  const hear = (line: string) => {
    complaint = `${complaint}${line}\n`.slice(-2_000)
    if (ready(line)) up.resolve(line)
  }
  eachLine(child.stdout, hear)
  eachLine(child.stderr, hear)
  child.once('exit', (code) =>
    up.reject(new Error(`${command.join(' ')} ended with ${code}: ${complaint}`)),
  )
  child.once('error', up.reject)
  const line = await up.promise
  return {
    pid: child.pid ?? 0,
    line,
    [Symbol.asyncDispose]: () => end(child),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  const group = -child.pid
  process.kill(group, 'SIGTERM')
  const timer = setTimeout(() => process.kill(group, 'SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}

/** What a process alone holds of memory: resident bytes. */
export function resident(pid: number): number {
  const status = read(`/proc/${pid}/status`)
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/** Ticks of the processor that a process has used so far. */
export function ticks(pid: number): number {
  const fields = statOf(pid)
  return Number(fields[11]) + Number(fields[12])
}

/** proc_pid_stat(5), from the state on: the name before it may hold anything. */
function statOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
