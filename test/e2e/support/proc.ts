import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

/** What the kernel tells of other processes, on Linux. */

/** The environment that a process was started with. */
export function environmentOf(pid: number): Record<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean)
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

/** The argument vectors of every process that can be seen, NUL between arguments. */
export function commandLines(): string[] {
  return processes().map((pid) => read(`/proc/${pid}/cmdline`))
}

/** The ids of the processes whose argument vector has these arguments, one after the other. */
export function processesWith(args: readonly string[]): number[] {
  const wanted = `\0${args.join('\0')}\0`
  return processes().filter((pid) => read(`/proc/${pid}/cmdline`).includes(wanted))
}

/** The ids of the processes whose argument vector names a place, as every process of a home does. */
export function processesOf(place: string): number[] {
  return processes().filter((pid) => read(`/proc/${pid}/cmdline`).includes(place))
}

/** What of a process lies in memory; 0 where there is no such process. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

/** Lets the most that lay in memory be counted from now on (proc(5), `clear_refs`). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The most of a process that lay in memory at one time since then. */
export function peakBytes(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]
  if (kib === undefined) throw new Error('the kernel does not tell the peak of this process')
  return Number(kib) * 1024
}

/** The ids of all that descend from a process and live. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map(processes().map((one) => [one, parentOf(one)]))
  const below = (one: number): number[] => {
    const children = [...parents].filter(([, parent]) => parent === one).map(([child]) => child)
    return children.flatMap((child) => [child, ...below(child)])
  }
  return below(pid)
}

/** Resolves when a process that is no child of ours is gone; the kernel tells only parents, so it is asked. */
export async function gone(pid: number): Promise<void> {
  while (parentOf(pid) !== null) await setImmediate()
}

const processes = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** @returns null where there is no such process, or it has ended and nobody has asked for its exit code yet */
function parentOf(pid: number): number | null {
  // The name in parentheses may hold anything, parentheses too.
  const [state, parent] = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
  return parent === undefined || state === 'Z' ? null : Number(parent)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
