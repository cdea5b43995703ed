import { copyFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { type AuditLog, openAuditLog } from '../../main/audit/log.ts'
import { createMask } from '../../main/audit/mask.ts'
import type { Intent, Outcome, Row } from '../../main/audit/rows.ts'
import { openState, type State } from '../../main/store/state.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'
import { testHome } from '../harness/home.ts'

const intent = (call: string, more: Partial<Intent> = {}): Intent => ({
  call,
  user: 'me',
  client: 'cursor',
  proof: 'bearer',
  session: 'session',
  server: 'notes',
  account: null,
  method: 'tools/call',
  target: 'read',
  decision: 'allow',
  rule: 'allow client=* server=*',
  argumentKeys: ['id', 'title'],
  bytes: 12,
  ...more,
})
const ok: Outcome = {
  outcome: 'ok',
  code: null,
  latencyMs: 1.5,
  bytes: 34,
  account: 'notes/me',
  masked: 0,
}

interface Opened extends AsyncDisposable {
  readonly home: string
  readonly state: State
  readonly log: AuditLog
  readonly secrets: ReturnType<typeof createKnownSecrets>
  /** Transactions so far. */
  commits(): number
}

async function open(clock = () => 1_000, after?: () => () => void): Promise<Opened> {
  const home = await testHome()
  const state = openState(home.path)
  let commits = 0
  const counted: State = {
    ...state,
    transactionSoon(work) {
      commits++
      return state.transactionSoon(work)
    },
  }
  const secrets = createKnownSecrets()
  return {
    home: home.path,
    state,
    secrets,
    log: openAuditLog({
      state: counted,
      clock,
      mask: createMask(secrets),
      ...(after ? { after } : {}),
    }),
    commits: () => commits,
    async [Symbol.asyncDispose]() {
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

const all = { after: 0, limit: 1_000 }

describe('the audit log', () => {
  it('has an intent on disk before it says so', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    const log = openAuditLog({ state, clock: () => 1_000, mask: createMask(createKnownSecrets()) })
    const written = log.intent(intent('a'))
    expect(log.query(all)).toEqual([])
    await written
    // What a crash would leave: the files as they are, without the process that wrote them.
    const copy = path.join(home.path, 'copy.db')
    for (const suffix of ['', '-wal'])
      copyFileSync(path.join(home.path, `state.db${suffix}`), copy + suffix)
    const database = new DatabaseSync(copy)
    expect(database.prepare('SELECT call, phase, at, outcome FROM audit').all()).toEqual([
      { call: 'a', phase: 'intent', at: 1_000, outcome: null },
    ])
    database.close()
    state.close()
  })

  it('writes what one tick brings in one commit, in order', async () => {
    await using opened = await open()
    const { log } = opened
    const told: number[] = []
    log.events.on('appended', (rows) => told.push(rows.length))
    const before = opened.commits()
    await Promise.all([log.intent(intent('a')), log.intent(intent('b')), log.intent(intent('c'))])
    expect(opened.commits() - before).toBe(1)
    log.outcome(intent('a'), ok)
    log.outcome(intent('b'), { ...ok, outcome: 'error', code: '-32603' })
    await log.intent(intent('d'))
    expect(opened.commits() - before).toBe(2)
    expect(told).toEqual([3, 3])
    log.flush()
    expect(opened.commits() - before).toBe(2)
    expect(log.query(all).map(({ seq, call, phase }) => `${seq} ${call} ${phase}`)).toEqual([
      '1 a intent',
      '2 b intent',
      '3 c intent',
      '4 a outcome',
      '5 b outcome',
      '6 d intent',
    ])
  })

  it('costs a call one commit: its outcome goes with the next intent', async () => {
    await using opened = await open(undefined, () => () => {})
    const { log } = opened
    const before = opened.commits()
    for (const call of ['a', 'b', 'c', 'd']) {
      await log.intent(intent(call))
      log.outcome(intent(call), ok)
      // Turns of the event loop, as an answer takes them.
      await new Promise(setImmediate)
      await new Promise(setImmediate)
    }
    expect(opened.commits() - before).toBe(4)
    expect(log.query(all)).toHaveLength(8)
    expect(opened.commits() - before).toBe(5)
  })

  it('writes an outcome that no intent follows by itself', async () => {
    await using opened = await open()
    const { log } = opened
    await log.intent(intent('a'))
    const appended = new Promise<readonly Row[]>((resolve) => log.events.on('appended', resolve))
    log.outcome(intent('a'), ok)
    expect((await appended).map(({ call, phase }) => `${call} ${phase}`)).toEqual(['a outcome'])
  })

  it('shows a reader each outcome from the moment it is given', async () => {
    await using opened = await open()
    const { log } = opened
    await log.intent(intent('a'))
    log.outcome(intent('a'), ok)
    expect(log.query(all).map(({ phase }) => phase)).toEqual(['intent', 'outcome'])
  })

  it('names a call lost whose outcome a crash took, and none twice', async () => {
    await using home = await testHome()
    await using after = await testHome()
    const state = openState(home.path)
    const log = openAuditLog({ state, clock: () => 1_000, mask: createMask(createKnownSecrets()) })
    await log.intent(intent('a'))
    log.outcome(intent('a'), ok)
    for (const suffix of ['', '-wal'])
      copyFileSync(
        path.join(home.path, `state.db${suffix}`),
        path.join(after.path, `state.db${suffix}`),
      )
    log.flush()
    state.close()

    const restarted = openState(after.path)
    const found = openAuditLog({
      state: restarted,
      clock: () => 2_000,
      mask: createMask(createKnownSecrets()),
    })
    found.closeLost()
    expect(found.query(all).map(({ phase, outcome }) => [phase, outcome])).toEqual([
      ['intent', null],
      ['outcome', 'lost'],
    ])
    restarted.close()
  })

  it('keeps every field as it was', async () => {
    await using opened = await open()
    await opened.log.intent(intent('a'))
    opened.log.outcome(intent('a'), { ...ok, masked: 2, code: 'server.ended' })
    opened.log.flush()
    expect(opened.log.query(all)).toEqual([
      {
        ...intent('a'),
        seq: 1,
        at: 1_000,
        phase: 'intent',
        outcome: null,
        code: null,
        latencyMs: null,
        masked: 0,
      },
      {
        ...intent('a'),
        ...ok,
        seq: 2,
        at: 1_000,
        phase: 'outcome',
        code: 'server.ended',
        masked: 2,
      },
    ])
  })

  it('refuses every intent that it cannot write, keeps the outcomes, and goes on when it can', async () => {
    await using opened = await open()
    const { log, state } = opened
    const pages = Number(state.prepare('PRAGMA page_count').get()?.page_count)
    state.prepare(`PRAGMA max_page_count = ${pages}`).get()
    const large = { argumentKeys: Array.from({ length: 64 }, (_, key) => `${key}`.repeat(100)) }
    const unwritable = { code: 'audit.unwritable' }
    log.outcome(intent('earlier'), ok)
    const results = await Promise.allSettled([
      log.intent(intent('a', large)),
      log.intent(intent('b', large)),
    ])
    expect(results).toEqual([
      { status: 'rejected', reason: expect.objectContaining(unwritable) },
      { status: 'rejected', reason: expect.objectContaining(unwritable) },
    ])
    log.outcome(intent('later'), ok)
    await expect(log.intent(intent('c', large))).rejects.toMatchObject(unwritable)
    expect(log.query(all)).toEqual([])

    state.prepare('PRAGMA max_page_count = 100000').get()
    await log.intent(intent('d'))
    expect(log.query(all).map(({ call, phase }) => `${call} ${phase}`)).toEqual([
      'earlier outcome',
      'later outcome',
      'd intent',
    ])
  })

  it('names the calls that an earlier run left open', async () => {
    let now = 1
    await using opened = await open(() => now)
    const { log } = opened
    await Promise.all([log.intent(intent('done')), log.intent(intent('open'))])
    log.outcome(intent('done'), ok)
    now = 2
    log.closeLost()
    const lost = {
      call: 'open',
      phase: 'outcome',
      outcome: 'lost',
      at: 2,
      bytes: 0,
      latencyMs: null,
    }
    expect(log.query({ phase: 'outcome', limit: 9 })).toEqual([
      expect.objectContaining(lost),
      expect.objectContaining({ call: 'done', outcome: 'ok' }),
    ])
    log.closeLost()
    expect(log.query(all)).toHaveLength(4)
    await log.intent(intent('next run'))
    log.closeLost()
    log.closeLost()
    expect(log.query(all).map(({ call, outcome }) => [call, outcome])).toEqual(
      expect.arrayContaining([['next run', 'lost']]),
    )
    expect(log.query(all)).toHaveLength(6)
  })

  it('answers filters and pages in both directions', async () => {
    let now = 0
    await using opened = await open(() => ++now)
    const { log } = opened
    for (let index = 0; index < 10; index++)
      await log.intent(
        intent(`c${index}`, {
          client: index % 2 === 0 ? 'cursor' : 'claude',
          server: index < 5 ? 'notes' : 'search',
          target: index === 3 ? "x' OR 1=1 --" : 'read',
          decision: index === 7 ? 'deny' : 'allow',
        }),
      )
    const calls = (filter: Partial<Parameters<AuditLog['query']>[0]>) =>
      log
        .query({ limit: 100, ...filter })
        .map(({ call }) => call.slice(1))
        .join('')
    expect(calls({})).toBe('9876543210')
    expect(calls({ client: 'claude' })).toBe('97531')
    expect(calls({ client: 'claude', server: 'notes' })).toBe('31')
    expect(calls({ target: "x' OR 1=1 --" })).toBe('3')
    expect(calls({ decision: 'deny' })).toBe('7')
    expect(calls({ phase: 'outcome' })).toBe('')
    expect(calls({ since: 9 })).toBe('98')
    expect(calls({ limit: 3 })).toBe('987')
    expect(calls({ limit: 3, before: 8 })).toBe('654')
    expect(calls({ limit: 3, after: 4 })).toBe('456')
    expect(calls({ after: 4, before: 7 })).toBe('45')
  })

  it('keeps no secret, no password of a URI and no message in the words of others', async () => {
    await using opened = await open()
    const { log, secrets } = opened
    const secret = 'a-very-secret-value'
    secrets.add('secret:k', secret)
    const call = intent('a', {
      method: `tools/${secret}`,
      server: secret,
      target: `read ${Buffer.from(secret).toString('base64')}`,
      argumentKeys: [secret, 'x'.repeat(10_000), ...Array.from({ length: 200 }, () => 'k')],
    })
    await log.intent(call)
    log.outcome(call, { ...ok, code: `"${secret}${'9'.repeat(10_000)}"` })
    await log.intent(intent('b', { target: 'postgres://me:hunter2@db/table' }))
    await log.intent(intent('c', { target: `${'x'.repeat(250)}${secret}` }))
    const rows = log.query(all)
    expect(rows.map(({ target }) => target?.slice(0, 60))).toEqual([
      expect.stringContaining('read [masked by Warder: secret:k]'),
      expect.stringContaining('read [masked by Warder: secret:k]'),
      'postgres://db/table',
      'x'.repeat(60),
    ])
    expect(rows[0]?.argumentKeys).toHaveLength(64)
    expect(JSON.stringify(rows)).not.toContain('hunter2')
    expect(JSON.stringify(rows)).not.toContain(secret.slice(0, 6))
    expect(JSON.stringify(rows).length).toBeLessThan(6_000)
    for (const suffix of ['', '-wal'])
      expect(readFileSync(path.join(opened.home, `state.db${suffix}`)).includes(secret)).toBe(false)
  })

  it('is asked for one call, one outcome, or what was before an instant, by any client', async () => {
    let now = 1_000
    await using opened = await open(() => now)
    const { log } = opened
    for (const [call, outcome] of [
      ['a', ok],
      ['b', { ...ok, outcome: 'denied' }],
      ['c', ok],
    ] as const) {
      await log.intent(intent(call))
      log.outcome(intent(call), outcome)
      log.flush()
      now += 1_000
    }
    const asked = (filter: object) =>
      log.query({ ...filter, limit: 9 }).map(({ call, phase }) => `${call} ${phase}`)
    expect(asked({ outcome: 'denied' })).toEqual(['b outcome'])
    expect(asked({ call: 'c' })).toEqual(['c outcome', 'c intent'])
    expect(asked({ until: 2_000 })).toEqual(['a outcome', 'a intent'])
    expect(asked({ until: 3_000, phase: 'outcome', client: 'cursor' })).toEqual([
      'b outcome',
      'a outcome',
    ])
    expect(asked({ until: 1_000 })).toEqual([])
    expect(asked({ since: 2_000, until: 3_000, phase: 'intent' })).toEqual(['b intent'])
    const { buckets, since, step } = log.summary({ hours: 1, minutes: 60 })
    expect([since, step]).toEqual([-3_600_000, 3_600_000])
    expect(buckets).toMatchObject([{ at: 0, client: 'cursor', calls: 3, refused: 1, failed: 0 }])
  })
})
