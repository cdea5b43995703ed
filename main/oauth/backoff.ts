import { WarderError } from '../errors.ts'
import { type Clocks, elapsed, type Moment, momentOf } from './elapsed.ts'
import { clockTime } from './times.ts'

/** A provider that could not renew a grant is left alone for a while. */
export interface Pause {
  /** What calls are told meanwhile: what went wrong, and when Warder asks again. */
  readonly error: WarderError
  /** Milliseconds since the epoch. */
  readonly retryAt: number
}

export interface Backoff {
  /**
   * @param retryAfterMs what the provider asked for (RFC 9110 §10.2.3), 0 where it did not
   * @returns the pause that begins now: twice as long as the one before, up to ten minutes, or what the provider asked for
   */
  failed(id: string, error: WarderError, retryAfterMs: number): Pause
  /** The pause that is not over yet, else null. */
  current(id: string): Pause | null
  clear(id: string): void
}

/** A network that comes back with the machine from its sleep takes a moment. */
const FIRST_MS = 1_000
const LONGEST_MS = 600_000

export function createBackoff(clocks: Clocks): Backoff {
  const pauses = new Map<string, Pause & { since: Moment; lasts: number; failures: number }>()
  return {
    failed(id, error, retryAfterMs) {
      const failures = (pauses.get(id)?.failures ?? 0) + 1
      const lasts = Math.max(Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS), retryAfterMs)
      const since = momentOf(clocks)
      const retryAt = since.wall + lasts
      const pause = { error: explained(error, retryAt), retryAt, since, lasts, failures }
      pauses.set(id, pause)
      return pause
    },
    current(id) {
      const pause = pauses.get(id)
      return pause !== undefined && elapsed(clocks, pause.since) < pause.lasts ? pause : null
    },
    clear: (id) => void pauses.delete(id),
  }
}

function explained(error: WarderError, retryAt: number): WarderError {
  return new WarderError(
    error.code,
    `${error.message} Warder asks again at ${clockTime(retryAt)}.`,
    {
      cause: error,
      details: { ...error.details, retryAt: new Date(retryAt).toISOString() },
    },
  )
}

/** At most a day: a provider must not put a grant to sleep for good. */
const LONGEST_RETRY_AFTER_MS = 86_400_000

/** RFC 9110 §10.2.3, seconds or an HTTP date, in milliseconds from now; 0 for none, for a past one and for nonsense. */
export function retryAfterMs(headers: Headers, now: number): number {
  const value = headers.get('retry-after')?.trim() ?? ''
  const wanted = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), LONGEST_RETRY_AFTER_MS) : 0
}
