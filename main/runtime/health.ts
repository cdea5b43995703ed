import { WarderError } from '../errors.ts'

/**
 * Which local servers keep failing. One that ends again and again by itself is given pauses that grow, so that clients
 * which ask again at once do not make the machine start it without end.
 */
export interface Health {
  /** @throws WarderError `server.start_failed` while it is left alone */
  check(name: string, definition: string): void
  /** It could not be started, or ended. */
  ended(name: string, definition: string, end: ServerEnd): void
  /** What is wrong with a server as it is defined, in a sentence; null where nothing is. */
  problem(name: string): string | null
  /** A person wants to see it run: the next start is not refused. */
  retry(name: string): void
}

export interface ServerEnd {
  /** We ended it, or it left because we wanted. */
  readonly wanted: boolean
  /** It ever wrote a line. */
  readonly answered: boolean
  /** Milliseconds that it ran. */
  readonly livedMs: number
  readonly error: WarderError
}

/** So many failures in a row are tried again at once: a busy machine, a server that does not know a first question. */
const FREE = 5
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** Whoever ran and answered for so long works, whatever ended it. */
const WORKS_MS = 10_000

interface Record {
  readonly definition: string
  failures: number
  until: number
  problem: string | null
}

/** @param now milliseconds on a clock that nobody can set */
export function createHealth(now: () => number = () => performance.now()): Health {
  const records = new Map<string, Record>()

  /** What was wrong with another definition says nothing. */
  function recordOf(name: string, definition: string): Record {
    const known = records.get(name)
    if (known?.definition === definition) return known
    const fresh = { definition, failures: 0, until: 0, problem: null }
    records.set(name, fresh)
    return fresh
  }

  return {
    check(name, definition) {
      const { until, failures, problem } = recordOf(name, definition)
      const left = until - now()
      if (left <= 0) return
      throw new WarderError(
        'server.start_failed',
        `${name} failed ${failures} times in a row and is left alone for ${Math.ceil(left / 1_000)} s more. ${problem}`,
        { details: { server: name, retryAfterMs: Math.ceil(left) } },
      )
    },
    ended(name, definition, { wanted, answered, livedMs, error }) {
      const record = recordOf(name, definition)
      if (wanted) {
        if (answered) Object.assign(record, { failures: 0, until: 0, problem: null })
        return
      }
      if (answered && livedMs >= WORKS_MS) record.failures = 0
      record.failures++
      record.problem = error.message
      const beyond = record.failures - FREE
      if (beyond >= 0)
        record.until = now() + Math.min(FIRST_PAUSE_MS * 2 ** beyond, LONGEST_PAUSE_MS)
    },
    problem: (name) => records.get(name)?.problem ?? null,
    retry(name) {
      const record = records.get(name)
      if (record !== undefined) record.until = 0
    },
  }
}
