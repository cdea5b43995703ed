import type { ErrorCode } from '../errors.ts'
import type { State } from '../store/state.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type {
  FreezeReason,
  LedgerEntry,
  LedgerEvent,
  RenewalOutcome,
  RenewalReason,
  SignOutReason,
} from './ledger-entry.ts'
import type { GrantRow } from './repository.ts'

/** How a renewal ended. */
export interface RenewalResult {
  readonly outcome: RenewalOutcome
  readonly rotated?: boolean
  readonly error?: string | null
  readonly status?: number | null
  readonly code?: ErrorCode
  readonly retryAt?: number | null
}

/** What happened to each grant, written before and after it happens. No secret ever comes near it. */
export interface Ledger {
  /** Writes a renewal ahead: on disk when this returns. @throws WarderError `store.unwritable` */
  begin(row: GrantRow, about: { readonly reason: RenewalReason; readonly sleptMs: number }): number
  end(seq: number, result: RenewalResult): void
  /** Whose a renewal turned out to be, where only its answer could tell. */
  attribute(seq: number, row: Pick<GrantRow, 'id' | 'account'>): void
  note(
    row: GrantRow,
    event: Exclude<LedgerEvent, 'renewal'>,
    reason?: SignOutReason | FreezeReason,
  ): void
  /** The account of a grant is called otherwise now, and was always meant. */
  rename(row: GrantRow): void
  /** Entries of an account, newest first, its earlier grants included. */
  of(who: Pick<GrantRow, 'server' | 'account'>, limit: number): LedgerEntry[]
  /** The last entry of each account that answers to the name: `SERVER/ACCOUNT`, an account, a label or a grant id. */
  named(name: string): LedgerEntry[]
}

/** An hourly renewal fills it in three weeks; the sign-out that a person asks about is among the last. */
const MOST_PER_GRANT = 500
/** Accounts that are gone are remembered for a while, not for ever. */
const MOST_GONE_GRANTS = 100

/**
 * The codes that RFC 6749 and its extensions register are words of lower-case letters and underscores. Their syntax
 * (appendix A.7) would let any text through, a token too.
 */
const errorCode = /^[a-z][a-z_]{0,39}$/

/** An entry since which the refresh token is the one that it is. */
const ISSUED = `(event = 'signed-in' OR (rotated = 1 AND outcome = 'renewed'))`

type Row = Record<string, unknown>

export function createLedger(options: {
  readonly state: State
  readonly knownSecrets: KnownSecrets
  readonly clock: () => number
}): Ledger {
  const { state, knownSecrets, clock } = options
  const put = state.prepare(
    `INSERT INTO ledger (grant_id, server, account, label, issuer, at, event, reason, token_age_ms, slept_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const finish = state.prepare(
    'UPDATE ledger SET ended_at = ?, outcome = ?, rotated = ?, error = ?, status = ?, code = ?, retry_at = ? WHERE seq = ?',
  )
  const giveTo = state.prepare('UPDATE ledger SET grant_id = ?, account = ? WHERE seq = ?')
  // The entry that tells the age of the refresh token stays, however long ago that was.
  const prune = state.prepare(
    `DELETE FROM ledger WHERE grant_id = ?1 AND seq <= (SELECT seq FROM ledger WHERE grant_id = ?1
       ORDER BY seq DESC LIMIT 1 OFFSET ${MOST_PER_GRANT})
     AND seq <> (SELECT coalesce(max(seq), 0) FROM ledger WHERE grant_id = ?1 AND ${ISSUED})`,
  )
  const issued = state.prepare(
    `SELECT coalesce(ended_at, at) AS at FROM ledger WHERE grant_id = ? AND ${ISSUED}
       ORDER BY seq DESC LIMIT 1`,
  )
  const moved = state.prepare('UPDATE ledger SET account = ? WHERE grant_id = ?')
  const some = state.prepare(
    'SELECT * FROM ledger WHERE server = ? AND account = ? ORDER BY seq DESC LIMIT ?',
  )
  const byName = state.prepare(
    `SELECT *, max(seq) FROM ledger
       WHERE ?1 IN (server || '/' || account, server || '/' || label, account, label, grant_id)
       GROUP BY server, account`,
  )
  state
    .prepare(
      `DELETE FROM ledger WHERE grant_id NOT IN (SELECT id FROM grants) AND grant_id NOT IN
         (SELECT grant_id FROM ledger WHERE grant_id NOT IN (SELECT id FROM grants)
           GROUP BY grant_id ORDER BY max(seq) DESC LIMIT ${MOST_GONE_GRANTS})`,
    )
    .run()
  const last = Number(state.prepare('SELECT max(seq) AS seq FROM ledger').get()?.seq ?? 0)

  function write(
    row: GrantRow,
    event: LedgerEvent,
    reason: LedgerEntry['reason'],
    age: number | null,
    slept: number | null,
  ): number {
    return state.transaction(() => {
      const { lastInsertRowid } = put.run(
        ...[row.id, row.server, row.account, row.label, row.issuer, clock(), event, reason],
        ...[age, slept],
      )
      prune.run(row.id)
      return Number(lastInsertRowid)
    })
  }

  /** Of the refresh token, which only a person's grant has. Zero where the clock was set back since. */
  function tokenAge(row: GrantRow): number {
    const since = Number(issued.get(row.id)?.at ?? row.connectedAt)
    return Math.max(0, clock() - since)
  }

  /** A hostile provider may send a token back as its error. */
  function safeCode(code: string | null | undefined): string | null {
    if (code === null || code === undefined || !errorCode.test(code)) return null
    const secret = [...knownSecrets.entries()].some(({ value }) => code.includes(value))
    return secret ? null : code
  }

  /** Without outcome since an earlier run: that run ended in the middle of it. */
  function entryOf(row: Row): LedgerEntry {
    const entry = asEntry(row)
    const { event, outcome, seq } = entry
    return { ...entry, cutShort: event === 'renewal' && outcome === null && seq <= last }
  }

  return {
    begin: (row, { reason, sleptMs }) =>
      write(row, 'renewal', reason, row.kind === 'person' ? tokenAge(row) : null, sleptMs),
    end(seq, { outcome, rotated, error, status, code, retryAt }) {
      const turned = rotated === undefined ? null : Number(rotated)
      const answer = [safeCode(error), status ?? null, code ?? null, retryAt ?? null]
      state.transaction(() => finish.run(clock(), outcome, turned, ...answer, seq))
    },
    rename: ({ id, account }) => void moved.run(account, id),
    attribute: (seq, { id, account }) => state.transaction(() => void giveTo.run(id, account, seq)),
    note: (row, event, reason) => void write(row, event, reason ?? null, null, null),
    of: ({ server, account }, limit) => some.all(server, account, limit).map(entryOf),
    named: (name) => byName.all(name).map(entryOf),
  }
}

function asEntry(row: Row): Omit<LedgerEntry, 'cutShort'> {
  return {
    seq: Number(row.seq),
    grant: String(row.grant_id),
    server: String(row.server),
    account: String(row.account),
    label: textOrNull(row.label),
    issuer: String(row.issuer),
    at: Number(row.at),
    event: row.event as LedgerEvent,
    reason: row.reason as LedgerEntry['reason'],
    outcome: row.outcome as RenewalOutcome | null,
    endedAt: numberOrNull(row.ended_at),
    rotated: row.rotated === null ? null : row.rotated === 1,
    error: textOrNull(row.error),
    status: numberOrNull(row.status),
    code: textOrNull(row.code),
    tokenAgeMs: numberOrNull(row.token_age_ms),
    sleptMs: numberOrNull(row.slept_ms),
    retryAt: numberOrNull(row.retry_at),
  }
}

const textOrNull = (value: unknown) => (value === null ? null : String(value))
const numberOrNull = (value: unknown) => (value === null ? null : Number(value))
