import type { AuditRow } from '../../preload/contract/index.ts'

/** One call as people think of it: what was intended and what came of it. */
export interface Call {
  id: string
  /** The first row of the call that is held. */
  first: AuditRow
  outcome: AuditRow | undefined
}

/** Rows, newest first, as calls, newest first. */
export function toCalls(rows: readonly AuditRow[]): Call[] {
  const calls = new Map<string, Call>()
  for (const row of rows.toReversed()) {
    const call = calls.get(row.call) ?? { id: row.call, first: row, outcome: undefined }
    if (row.phase === 'outcome') call.outcome = row
    calls.set(row.call, call)
  }
  return [...calls.values()].reverse()
}

/** How a call stands, as one of few words. */
export type CallState = 'running' | 'ok' | 'denied' | 'tool-error' | 'error' | 'cancelled' | 'lost'

export function stateOf({ first, outcome }: Call): CallState {
  return outcome?.outcome ?? (first.decision === 'deny' ? 'denied' : 'running')
}
