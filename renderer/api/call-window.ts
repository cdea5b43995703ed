import type { AuditRow, Input } from '../../preload/contract/index.ts'

/** What the list of calls is narrowed to. */
export type CallFilter = Pick<
  Input<'audit:query'>,
  'client' | 'server' | 'decision' | 'outcome' | 'target' | 'since' | 'until'
>

/** Rows asked for at once. */
export const PAGE = 200
/** Rows held at most: whoever scrolls on lets go of the other end, so a million cost what a few thousand do. */
const MOST = 4_000

/**
 * The stretch of the audit that is held: finished calls, newest first and without a gap, and those that are under way. An
 * outcome says all that its intent did, so a finished call is one row.
 */
export interface CallWindow {
  done: readonly AuditRow[]
  running: readonly AuditRow[]
  /** Nothing newer is missing: what arrives joins on. */
  atNewest: boolean
  atOldest: boolean
  /** Calls that have arrived beyond the newer end since it was let go. */
  missed: number
  /** Rows that were put in at the newer end minus those let go there: where the list has moved to. */
  shift: number
}

const emptyWindow: CallWindow = {
  done: [],
  running: [],
  atNewest: true,
  atOldest: true,
  missed: 0,
  shift: 0,
}

/**
 * @param done newest first @param newest rows of both kinds, in which calls under way are looked for; null for a stretch
 * of the past
 */
export function openWindow(
  done: readonly AuditRow[],
  newest: readonly AuditRow[] | null,
  filter: CallFilter,
): CallWindow {
  const ended = new Set((newest ?? []).filter(isOutcome).map(({ call }) => call))
  const running = (newest ?? []).filter(
    (row) => !isOutcome(row) && !ended.has(row.call) && mayRun(row, filter),
  )
  return {
    ...emptyWindow,
    done,
    running,
    atNewest: newest !== null,
    atOldest: done.length < PAGE,
  }
}

/** Rows of a beginning at the oldest: few enough to be in sight together, so that the oldest is where one looks. */
export const FIRST = 7

/** @param first oldest first, {@link FIRST} of them unless there are no more */
export const openAtOldest = (first: readonly AuditRow[]): CallWindow => ({
  ...emptyWindow,
  done: first.toReversed(),
  atNewest: first.length < FIRST,
})

/** @param more older than what is held, newest first */
export function withOlder(window: CallWindow, more: readonly AuditRow[]): CallWindow {
  const all = [...window.done, ...more]
  const letGo = Math.max(0, all.length - MOST)
  return {
    ...window,
    done: all.slice(letGo),
    atOldest: more.length < PAGE,
    atNewest: window.atNewest && letGo === 0,
    shift: window.shift - letGo,
  }
}

/** @param more newer than what is held, oldest first */
export function withNewer(window: CallWindow, more: readonly AuditRow[]): CallWindow {
  const all = [...more.toReversed(), ...window.done]
  const reached = more.length < PAGE
  return {
    ...window,
    done: all.slice(0, MOST),
    atNewest: reached,
    atOldest: window.atOldest && all.length <= MOST,
    missed: reached ? 0 : Math.max(0, window.missed - more.length),
    shift: window.shift + more.length,
  }
}

/** @param rows that were just written, oldest first */
export function withAppended(
  window: CallWindow,
  rows: readonly AuditRow[],
  filter: CallFilter,
): CallWindow {
  const ended = rows.filter(isOutcome)
  const fitting = ended.filter((row) => matches(row, filter))
  const calls = new Set(ended.map(({ call }) => call))
  const begun = rows.filter((row) => !isOutcome(row) && mayRun(row, filter)).toReversed()
  const running = [...begun, ...window.running].filter(({ call }) => !calls.has(call))
  if (!window.atNewest) return { ...window, running: [], missed: window.missed + fitting.length }
  const known = new Set(window.done.slice(0, PAGE).map(({ seq }) => seq))
  const fresh = fitting.filter(({ seq }) => !known.has(seq)).toReversed()
  const all = [...fresh, ...window.done]
  return {
    ...window,
    done: all.slice(0, MOST),
    running,
    atOldest: window.atOldest && all.length <= MOST,
    shift: window.shift + fresh.length,
  }
}

const isOutcome = ({ phase }: AuditRow) => phase === 'outcome'

/** A call under way has no outcome that could be asked for, and no past. */
const mayRun = (row: AuditRow, filter: CallFilter) =>
  filter.outcome === undefined && filter.until === undefined && matches(row, filter)

function matches(row: AuditRow, { since, until, ...same }: CallFilter): boolean {
  return (
    (since === undefined || row.at >= since) &&
    (until === undefined || row.at < until) &&
    Object.entries(same).every(
      ([key, value]) => value === undefined || row[key as keyof typeof same] === value,
    )
  )
}
