import { accessSync, constants, readFileSync } from 'node:fs'
import { WarderError } from '../errors.ts'
import type { LocalServer } from '../store/config-schema.ts'
import { type Usage, usageOf } from './usage.ts'

/** What a local server and all that it starts may use of the machine (ADR 24). */
export type ServerLimits = NonNullable<LocalServer['limits']>

/** Of util-linux. */
export const PRLIMIT = '/usr/bin/prlimit'

/** @returns why this system cannot hold a server to its limits, in words that follow "could not be started: " */
export function unlimitable(
  limits: ServerLimits,
  platform: NodeJS.Platform = process.platform,
  prlimit = isThere(PRLIMIT),
): string | null {
  const watched = limits.memoryMiB !== undefined || limits.processes !== undefined
  if (watched && platform === 'win32')
    return 'limits on memory and processes cannot be kept on Windows; take them out of its definition'
  if (limits.openFiles !== undefined && !(platform === 'linux' && prlimit))
    return `a limit on open files needs ${PRLIMIT} of Linux; take it out of its definition`
  return null
}

/** The command that runs another one with so many open files; the process stays the same one. */
export function limited(
  file: string,
  args: readonly string[],
  { openFiles }: ServerLimits,
): { readonly file: string; readonly args: readonly string[] } {
  if (openFiles === undefined) return { file, args }
  const most = Math.min(openFiles, ownOpenFiles())
  return { file: PRLIMIT, args: [`--nofile=${most}:${most}`, '--', file, ...args] }
}

/** Nobody but root may raise what the system lets us have. */
function ownOpenFiles(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1]
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard)
}

/** So often it is looked what a limited server uses, in milliseconds. No system has an event for it that any program may ask for. */
const EVERY_MS = 1_000

/**
 * Watches a server that has limits until it is over one of them, or cannot be watched.
 *
 * @param over called once, with `server.over_limit`
 * @returns what ends the watch
 */
export function watchUsage(server: {
  readonly name: string
  readonly group: number
  readonly limits: ServerLimits
  readonly over: (error: WarderError) => void
  readonly measure?: (group: number) => Promise<Usage>
  readonly after?: (ms: number, run: () => void) => () => void
}): () => void {
  const { name, group, limits, over, measure = usageOf, after = systemAfter } = server
  if (limits.memoryMiB === undefined && limits.processes === undefined) return () => {}
  let ended = false
  let takeBack = after(EVERY_MS, look)

  function look(): void {
    measure(group)
      .then(
        (used) => excess(used, limits),
        () => 'cannot be watched, as its limits need',
      )
      .then((what) => {
        if (ended) return
        if (what === null) takeBack = after(EVERY_MS, look)
        else over(new WarderError('server.over_limit', `${name} ${what}, so it was ended.`))
      })
  }

  return () => {
    ended = true
    takeBack()
  }
}

const MIB = 1024 * 1024

/** @returns what is too much, in words; null where nothing is */
function excess({ bytes, processes }: Usage, limits: ServerLimits): string | null {
  const { memoryMiB = Number.POSITIVE_INFINITY, processes: most = Number.POSITIVE_INFINITY } =
    limits
  if (bytes > memoryMiB * MIB)
    return `used ${Math.ceil(bytes / MIB)} MiB of memory, and may use ${memoryMiB}`
  if (processes > most) return `ran ${processes} processes, and may run ${most}`
  return null
}

function systemAfter(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
