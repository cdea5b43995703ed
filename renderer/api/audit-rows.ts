import type { AuditRow, Input } from '../../preload/contract/index.ts'

/** What the list of calls is narrowed to. */
export type AuditFilter = Pick<Input<'audit:query'>, 'client' | 'server' | 'decision'>

/** Rows asked for at once. */
export const PAGE = 500
/** Rows that live additions may grow the list to before the oldest fall off; older ones can be asked for again. */
const MOST_LIVE = 2_000

/** Rows of both, newest first, each once. */
export function mergeRows(held: readonly AuditRow[], more: readonly AuditRow[]): AuditRow[] {
  const bySeq = new Map([...held, ...more].map((row) => [row.seq, row]))
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq)
}

/** The list after a new look at its newest page. Where rows may be missing in between, the old ones are dropped. */
export function refreshRows(held: readonly AuditRow[], newest: readonly AuditRow[]): AuditRow[] {
  const oldestSeen = Math.min(...newest.map((row) => row.seq))
  const gap = newest.length >= PAGE && (held[0]?.seq ?? 0) < oldestSeen
  return mergeRows(gap ? [] : held, newest)
}

/** The list after rows were appended to the audit. */
export function appendRows(
  held: readonly AuditRow[],
  appended: readonly AuditRow[],
  filter: AuditFilter,
): AuditRow[] {
  const most = Math.max(MOST_LIVE, held.length)
  return mergeRows(
    held,
    appended.filter((row) => matches(row, filter)),
  ).slice(0, most)
}

function matches(row: AuditRow, filter: AuditFilter): boolean {
  return (
    (filter.client === undefined || row.client === filter.client) &&
    (filter.server === undefined || row.server === filter.server) &&
    (filter.decision === undefined || row.decision === filter.decision)
  )
}
