import type { State } from '../store/state.ts'

/** Finished calls of one client in one stretch of time. */
interface SummaryBucket {
  /** Beginning of the stretch, milliseconds since the epoch. */
  readonly at: number
  readonly client: string
  readonly calls: number
  /** Refused by a rule, or because everything was stopped. */
  readonly refused: number
  /** The tool or the server failed, or nobody knows what came of it. */
  readonly failed: number
  /** Milliseconds, over calls that have any; null where none has. */
  readonly meanMs: number | null
  readonly slowestMs: number | null
}

export interface Summary {
  readonly buckets: readonly SummaryBucket[]
  /** False where there were more rows than are looked at: then the oldest are missing. */
  readonly whole: boolean
}

/** Rows that one summary reads at most: it runs in the thread that calls pass through. */
const MOST_SUMMED = 200_000

/**
 * Counts finished calls by client and stretch of time.
 *
 * @param since milliseconds since the epoch @param step length of a stretch, milliseconds
 */
export function summarize(
  state: State,
  { since, step, most = MOST_SUMMED }: { since: number; step: number; most?: number },
): Summary {
  const newest = Number(state.prepare('SELECT max(seq) AS seq FROM audit').get()?.seq ?? 0)
  const first = firstSince(state, since)
  const from = Math.max(first, newest - most + 1)
  const rows = state
    .prepare(`SELECT at - at % CAST(? AS INTEGER) AS bucket, client, count(*) AS calls,
      sum(outcome = 'denied') AS refused, sum(outcome IN ('error', 'tool-error', 'lost')) AS failed,
      avg(CASE WHEN outcome = 'denied' THEN NULL ELSE latency_ms END) AS mean,
      max(CASE WHEN outcome = 'denied' THEN NULL ELSE latency_ms END) AS slowest
      FROM audit WHERE seq >= ? AND at >= ? AND phase = 'outcome'
      GROUP BY bucket, client ORDER BY bucket, client`)
    .all(step, from, since)
  const number = (value: unknown) => (value === null ? null : Number(value))
  return {
    buckets: rows.map((row) => ({
      at: Number(row.bucket),
      client: String(row.client),
      calls: Number(row.calls),
      refused: Number(row.refused),
      failed: Number(row.failed),
      meanMs: number(row.mean),
      slowestMs: number(row.slowest),
    })),
    whole: from <= first,
  }
}

/**
 * The first row that is not older, found by halving: `at` has no index, and grows with the rows unless somebody set the
 * clock back.
 */
export function firstSince(state: State, since: number): number {
  const ends = state.prepare('SELECT min(seq) AS low, max(seq) AS high FROM audit').get()
  let low = Number(ends?.low ?? 1)
  let high = Number(ends?.high ?? 0) + 1
  const next = state.prepare('SELECT seq, at FROM audit WHERE seq >= ? ORDER BY seq LIMIT 1')
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = next.get(middle)
    if (row === undefined || Number(row.at) >= since) high = middle
    else low = Number(row.seq) + 1
  }
  return Number(next.get(low)?.seq ?? low)
}
