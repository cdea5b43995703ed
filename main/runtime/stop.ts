import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { WarderError } from '../errors.ts'
import { type ProcessGroup, processGroup } from './process-group.ts'

/** How long a server may take to leave, in milliseconds (MCP 2025-11-25, lifecycle, Shutdown). */
export interface StopGrace {
  /** From the end of its input to SIGTERM. */
  readonly inputMs: number
  /** From SIGTERM to SIGKILL. */
  readonly termMs: number
  /** From SIGKILL until it counts as impossible to end. */
  readonly killMs: number
}

export const defaultGrace: StopGrace = { inputMs: 2_000, termMs: 2_000, killMs: 5_000 }

const pollMs = 20

/**
 * Ends a server and all it started: end of input, SIGTERM, SIGKILL.
 *
 * @throws WarderError `server.stop_failed`
 */
export async function endServer(server: {
  readonly name: string
  readonly child: { readonly pid: number; readonly stdin: Writable }
  /** Settles when the child has ended, however. */
  readonly exited: Promise<unknown>
  readonly grace: StopGrace
}): Promise<void> {
  const { name, child, exited, grace } = server
  const group = processGroup(child.pid)
  child.stdin.end()
  await within(grace.inputMs, exited)
  if (!group.alive()) return
  group.signal('SIGTERM')
  if (await goneWithin(grace.termMs, group)) return
  group.signal('SIGKILL')
  if (await goneWithin(grace.killMs, group)) return
  throw new WarderError('server.stop_failed', `${name} (process ${child.pid}) could not be ended.`)
}

async function within(ms: number, event: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  await Promise.race([event, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}

/** The end of a group has no event, so it is looked for; only while a server is being stopped. */
async function goneWithin(ms: number, group: ProcessGroup): Promise<boolean> {
  for (const deadline = performance.now() + ms; group.alive(); await sleep(pollMs))
    if (performance.now() > deadline) return false
  return true
}
