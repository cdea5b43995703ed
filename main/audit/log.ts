import { WarderError } from '../errors.ts'
import { createEmitter, type Emitter } from '../events.ts'
import { openMeta } from '../store/meta.ts'
import type { State } from '../store/state.ts'
import { type ByName, openByName } from './by-name.ts'
import type { Mask } from './mask.ts'
import { plainOutcome, plainWords, type Words } from './plain.ts'
import type { Intent, Outcome, Row, RowFilter } from './rows.ts'
import { firstSince, type Summary, summarize } from './summary.ts'
import { type Uses, usesOf } from './uses.ts'

/** The record of every call: one row before it leaves, one after it came back. There is no switch that stops it. */
export interface AuditLog {
  /** Resolves once the row survives this process (ADR 20); the intents of one tick share one commit. @throws WarderError `audit.unwritable`: the call must not leave */
  intent(intent: Intent): Promise<void>
  /**
   * Written with the next intent, or {@link OUTCOME_WAITS} later; a crash in between leaves an intent without outcome,
   * which `closeLost` names at the next start.
   */
  outcome(intent: Intent, outcome: Outcome): void
  /** Newest first, or oldest first where `after` is given; with every outcome that was given before. */
  query(filter: RowFilter): Row[]
  /** Finished calls of the last hours, counted by client and stretch of time; `step` in milliseconds. */
  summary(span: { hours: number; minutes: number }): Summary & { since: number; step: number }
  /** Which clients used an account since that instant, over the newest rows of its server. */
  uses(of: { server: string; account: string; since: number }): Uses
  /** Gives every intent that an earlier run left without outcome the outcome `lost`. Before the first call of this one. */
  closeLost(): void
  /** Writes what is waiting. */
  flush(): void
  readonly events: Emitter<{ appended: [rows: readonly Row[]] }>
}

interface Waiting {
  /** Numbered when it is written. */
  readonly row: Row & { seq: number }
  readonly settle?: { resolve: () => void; reject: (error: WarderError) => void }
}

export function openAuditLog(options: {
  state: State
  clock: () => number
  mask: Mask
  /** Milliseconds. @returns what takes it back */
  after?: (ms: number, run: () => void) => () => void
}): AuditLog {
  const { state, clock, mask, after = systemAfter } = options
  const meta = openMeta(state)
  const events = createEmitter<{ appended: [rows: readonly Row[]] }>()
  const insert =
    state.prepare(`INSERT INTO audit (seq, at, call, phase, user, client, proof, session, server, account, method,
    target, decision, rule, argument_keys, bytes, outcome, code, latency_ms, masked)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const byName = openByName(state)
  /** The newest row. Only this process writes, and no row is ever taken away. */
  let last = Number(state.prepare('SELECT max(seq) AS seq FROM audit').get()?.seq ?? 0)
  byName.appended(last)
  let waiting: Waiting[] = []
  /** Calls whose outcome is still to come. */
  let underWay = 0
  let soon: NodeJS.Immediate | undefined
  let later: (() => void) | undefined

  /** A call waits for its intent, and shares a commit with others where there are any. */
  function appendIntent(entry: Waiting): void {
    waiting.push(entry)
    if (underWay++ > 0) soon ??= setImmediate(flush)
    else process.nextTick(flush)
  }

  /** Nobody waits for an outcome. */
  function appendOutcome(entry: Waiting): void {
    waiting.push(entry)
    if (underWay > 0) underWay--
    // It stays set when an intent takes the outcome along: a timer for each call costs as much as its row.
    later ??= after(OUTCOME_WAITS, () => {
      later = undefined
      flush()
    })
  }

  /** Value by value: no list is made of them for each row, only to be spread. */
  function write(row: Row): void {
    insert.run(
      row.seq,
      row.at,
      row.call,
      row.phase,
      row.user,
      row.client,
      row.proof,
      row.session,
      row.server,
      row.account,
      row.method,
      row.target,
      row.decision,
      row.rule,
      JSON.stringify(row.argumentKeys),
      row.bytes,
      row.outcome,
      row.code,
      row.latencyMs,
      row.masked,
    )
  }

  function flush(): void {
    clearImmediate(soon)
    soon = undefined
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    try {
      let seq = last
      for (const { row } of batch) row.seq = ++seq
      state.transactionSoon(() => {
        for (const { row } of batch) write(row)
      })
      last += batch.length
    } catch (cause) {
      const error = new WarderError(
        'audit.unwritable',
        'The audit log cannot be written, so no call leaves.',
        { cause },
      )
      for (const { settle } of batch) settle?.reject(error)
      const refused = batch.filter(({ settle }) => settle !== undefined).length
      underWay = Math.max(0, underWay - refused)
      later?.()
      later = undefined
      // Outcomes are kept for the next commit: their calls happened, and the record has to say so.
      waiting = [...batch.filter(({ settle }) => settle === undefined), ...waiting].slice(
        -MAX_WAITING,
      )
      return
    }
    for (const { settle } of batch) settle?.resolve()
    byName.appended(last)
    if (events.heard('appended'))
      events.emit(
        'appended',
        batch.map(({ row }) => row),
      )
  }

  return {
    intent: (intent) =>
      new Promise((resolve, reject) => {
        const row = rowOf(intent, plainWords(intent, mask), 'intent', clock(), NOTHING_YET)
        appendIntent({ row, settle: { resolve, reject } })
      }),
    outcome(intent, outcome) {
      // Masked anew: a secret may have become known during the call.
      const words = plainWords(intent, mask)
      const row = rowOf(intent, words, 'outcome', clock(), plainOutcome(outcome, mask))
      appendOutcome({ row })
    },
    query(filter) {
      if (later !== undefined) flush()
      return query(state, byName, filter)
    },
    summary({ hours, minutes }) {
      flush()
      const step = minutes * 60_000
      // Whole stretches only: a first one that is cut would look like a quiet time.
      const since = Math.floor((clock() - hours * 3_600_000) / step) * step
      return { ...summarize(state, { since, step }), since, step }
    },
    uses(of) {
      flush()
      return usesOf(state, byName, of)
    },
    closeLost() {
      flush()
      const since = Number(meta.get(CLOSED_UP_TO) ?? 0)
      const open = state.prepare(`SELECT * FROM audit WHERE phase = 'intent' AND seq > ?
        AND call NOT IN (SELECT call FROM audit WHERE phase = 'outcome' AND seq > ?)`)
      for (const row of open.all(since, since).map(toRow))
        appendOutcome({ row: rowOf(row, row, 'outcome', clock(), LOST) })
      flush()
      if (waiting.length > 0) return
      meta.set(CLOSED_UP_TO, String(last))
    },
    flush,
    events,
  }
}

type End = Pick<Row, 'outcome' | 'code' | 'latencyMs' | 'masked'> &
  Partial<Pick<Outcome, 'bytes' | 'account'>>

const NOTHING_YET: End = { outcome: null, code: null, latencyMs: null, masked: 0 }
const LOST: End = { outcome: 'lost', code: null, latencyMs: null, masked: 0, bytes: 0 }

/** All of it by name: two rows a call are made, and a copy of an object costs several times as much. */
function rowOf(
  intent: Intent,
  words: Words,
  phase: Row['phase'],
  at: number,
  end: End,
): Row & { seq: number } {
  return {
    seq: 0,
    at,
    call: intent.call,
    phase,
    user: intent.user,
    client: intent.client,
    proof: intent.proof,
    session: intent.session,
    server: words.server,
    account: end.account === undefined ? intent.account : end.account,
    method: words.method,
    target: words.target,
    decision: intent.decision,
    rule: intent.rule,
    argumentKeys: words.argumentKeys,
    bytes: end.bytes ?? intent.bytes,
    outcome: end.outcome,
    code: end.code,
    latencyMs: end.latencyMs,
    masked: end.masked,
  }
}

/** Every intent up to this row has its outcome. */
const CLOSED_UP_TO = 'audit_closed_up_to'

/** Milliseconds. Outcomes that share the next intent's commit cost none of their own. */
const OUTCOME_WAITS = 25

function systemAfter(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Outcomes that could not be written wait for space on the disk up to this many. */
const MAX_WAITING = 10_000

function query(state: State, byName: ByName, filter: RowFilter): Row[] {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const where = (sql: string, value: string | number | undefined) => {
    if (value === undefined) return
    conditions.push(sql)
    values.push(value)
  }
  const named = byName.from(filter)
  if (named !== null) where(named.condition, named.value)
  where('audit.client = ?', filter.client)
  where('audit.server = ?', filter.server)
  where('target = ?', filter.target)
  where('decision = ?', filter.decision)
  where('phase = ?', filter.phase)
  where('outcome = ?', filter.outcome)
  where('call = ?', filter.call)
  where('at >= ?', filter.since)
  const until = filter.until === undefined ? undefined : firstSince(state, filter.until)
  for (const [side, seq] of [
    ['<', until],
    ['<', filter.before],
    ['>', filter.after],
  ] as const) {
    where(`audit.seq ${side} ?`, seq)
    const bound = seq === undefined ? undefined : named?.bound(side, seq)
    if (bound !== undefined) where(bound.condition, bound.value)
  }
  const condition = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  const direction = filter.after === undefined ? 'DESC' : 'ASC'
  const order = named?.order(direction) ?? `audit.seq ${direction}`
  return state
    .prepare(
      `SELECT audit.* FROM ${named?.tables ?? 'audit'} ${condition} ORDER BY ${order} LIMIT ?`,
    )
    .all(...values, filter.limit)
    .map(toRow)
}

type SqlRow = Record<string, unknown>

function toRow(row: SqlRow): Row {
  const text = (name: string) => String(row[name])
  const textOrNull = (name: string) => (row[name] === null ? null : String(row[name]))
  return {
    seq: Number(row.seq),
    at: Number(row.at),
    call: text('call'),
    phase: row.phase as Row['phase'],
    user: text('user'),
    client: text('client'),
    proof: row.proof as Row['proof'],
    session: textOrNull('session'),
    server: text('server'),
    account: textOrNull('account'),
    method: text('method'),
    target: textOrNull('target'),
    decision: row.decision as Row['decision'],
    rule: text('rule'),
    argumentKeys: JSON.parse(text('argument_keys')) as string[],
    bytes: Number(row.bytes),
    outcome: row.outcome as Row['outcome'],
    code: textOrNull('code'),
    latencyMs: row.latency_ms === null ? null : Number(row.latency_ms),
    masked: Number(row.masked),
  }
}
