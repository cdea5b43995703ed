import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { WarderError } from '../errors.ts'
import { processGroup } from './process-group.ts'

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

/** From SIGTERM to SIGKILL, at most, where the server holds what was revoked. */
export const HURRIED_MS = 500

/** Milliseconds on a clock that nobody can set. */
export interface StopTimer {
  now(): number
  /** Resolves after the time, or as soon as the signal says so. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemTimer: StopTimer = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
}

/** The end of a group has no event. */
export const pollMs = 20

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
  /** From now on it is not waited for: SIGTERM at once, SIGKILL after {@link HURRIED_MS}. May come at any time. */
  readonly hurry: AbortSignal
  readonly timer?: StopTimer
}): Promise<void> {
  const { name, child, exited, grace, hurry, timer = systemTimer } = server
  const group = processGroup(child.pid)
  child.stdin.end()
  await untilEnded()
  if (!group.alive()) return
  group.signal('SIGTERM')
  if (await goneBefore(termDeadline())) return
  group.signal('SIGKILL')
  const last = timer.now() + grace.killMs
  if (await goneBefore(() => last)) return
  throw new WarderError('server.stop_failed', `${name} (process ${child.pid}) could not be ended.`)

  async function untilEnded(): Promise<void> {
    if (hurry.aborted) return
    const over = new AbortController()
    const waiting = timer.sleep(grace.inputMs, AbortSignal.any([over.signal, hurry]))
    await Promise.race([exited, waiting])
    over.abort()
  }

  function termDeadline(): () => number {
    let deadline = timer.now() + grace.termMs
    let hurried = false
    return () => {
      if (hurry.aborted && !hurried) deadline = Math.min(deadline, timer.now() + HURRIED_MS)
      hurried = hurry.aborted
      return deadline
    }
  }

  /** The end of a group has no event, so it is looked for; only while a server is being stopped. */
  async function goneBefore(deadline: () => number): Promise<boolean> {
    for (; group.alive(); await timer.sleep(pollMs)) if (timer.now() >= deadline()) return false
    return true
  }
}
