import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openByName } from '../../main/audit/by-name.ts'
import { openAuditLog } from '../../main/audit/log.ts'
import { createMask } from '../../main/audit/mask.ts'
import type { Intent, RowFilter } from '../../main/audit/rows.ts'
import { migrations } from '../../main/store/migrations.ts'
import { openState, type State } from '../../main/store/state.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'
import { testHome } from '../harness/home.ts'

const CLIENTS = ['cursor', 'claude', 'zed'] as const
const SERVERS = ['notes', 'mail'] as const

const intent = (call: number): Intent => ({
  call: `${call}`,
  user: 'me',
  client: CLIENTS[call % CLIENTS.length] ?? '',
  proof: 'same-user',
  session: 'session',
  server: SERVERS[call % SERVERS.length] ?? '',
  account: null,
  method: 'tools/call',
  target: call % 5 === 0 ? 'write' : 'read',
  decision: 'allow',
  rule: 'allow client=* server=*',
  argumentKeys: [],
  bytes: 12,
})

const open = (state: State) =>
  openAuditLog({ state, clock: () => 1_000, mask: createMask(createKnownSecrets()) })

const numbers = (rows: readonly { seq: number }[]) => rows.map(({ seq }) => seq)

async function filled(state: State, rows: number) {
  const log = open(state)
  await Promise.all(Array.from({ length: rows }, (_, call) => log.intent(intent(call))))
  return log
}

/** Up to which row names were entered. */
const entered = (state: State) => Number(state.prepare('SELECT upto FROM audit_named').get()?.upto)

/** What was entered under a client's name. */
const stretches = (state: State, client: string) =>
  state
    .prepare('SELECT stretch FROM audit_stretch_client WHERE client = ? ORDER BY stretch')
    .all(client)
    .map(({ stretch }) => stretch)

describe('rows by name', () => {
  const filters: Record<string, Partial<RowFilter>> = {
    client: { client: 'zed' },
    server: { server: 'mail' },
    both: { client: 'zed', server: 'mail' },
    'a client and a tool': { client: 'zed', target: 'write' },
    'a page before': { client: 'zed', before: 700 },
    'a page after, oldest first': { server: 'mail', after: 700 },
  }
  it.each(Object.entries(filters))(
    'are those that a search of everything finds: %s',
    async (_, filter) => {
      await using home = await testHome()
      const state = openState(home.path)
      const log = await filled(state, 1_500)
      const all = log.query({ limit: 10_000, ...(filter.after === undefined ? {} : { after: 0 }) })
      const wanted = all.filter(
        (row) =>
          (filter.client ?? row.client) === row.client &&
          (filter.server ?? row.server) === row.server &&
          (filter.target ?? row.target) === row.target &&
          row.seq < (filter.before ?? Number.POSITIVE_INFINITY) &&
          row.seq > (filter.after ?? 0),
      )
      expect(wanted.length).toBeGreaterThan(10)
      expect(numbers(log.query({ ...filter, limit: 10_000 }))).toEqual(numbers(wanted))
      expect(numbers(log.query({ ...filter, limit: 3 }))).toEqual(numbers(wanted).slice(0, 3))
      state.close()
    },
  )

  it('are entered many at a time, the rest when somebody asks, none twice', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    const log = await filled(state, 1_000)
    expect(entered(state)).toBe(0)
    await Promise.all(Array.from({ length: 100 }, (_, call) => log.intent(intent(call))))
    expect(entered(state)).toBe(1_100)
    await log.intent(intent(2))
    expect(entered(state)).toBe(1_100)
    expect(log.query({ client: 'zed', limit: 1 })[0]?.seq).toBe(1_101)
    expect(entered(state)).toBe(1_101)
    // One entry for all rows of a stretch, whenever they were entered.
    expect(stretches(state, 'zed')).toEqual(Array.from({ length: 18 }, (_, number) => number))
    state.close()

    const next = openState(home.path)
    const log2 = open(next)
    await log2.intent(intent(2))
    expect(numbers(log2.query({ client: 'zed', limit: 2 }))).toEqual([1_102, 1_101])
    expect(entered(next)).toBe(1_102)
    next.close()
  })

  it('are found also while nothing can be written', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    await filled(state, 50)
    const full: State = {
      ...state,
      transactionSoon() {
        throw new Error('disk full')
      },
    }
    const log = open(full)
    expect(log.query({ client: 'zed', limit: 100 })).toHaveLength(16)
    expect(entered(state)).toBe(0)
    state.close()
  })

  it.each([
    { made: 'audit_by_client (client', entered: '' },
    { made: 'audit_stretch_client (client', entered: 'UPDATE audit_named SET upto = 1' },
  ])('of a database from before are found too: $made', async ({ made, entered }) => {
    await using home = await testHome()
    const before = new DatabaseSync(path.join(home.path, 'state.db'))
    const version = migrations.findIndex((sql) => sql.includes(made))
    for (const sql of migrations.slice(0, version)) before.exec(sql)
    before.exec(`PRAGMA user_version = ${version}; ${entered}; INSERT INTO audit (seq, at, call, phase, user, client, proof, server, method,
      decision, rule, argument_keys, bytes, masked) VALUES (1, 1, 'old', 'intent', 'me', 'zed', 'same-user', 'notes', 'ping',
      'allow', 'allow', '[]', 1, 0)`)
    before.close()
    const state = openState(home.path)
    const log = open(state)
    await log.intent(intent(2))
    const found = log.query({ client: 'zed', limit: 100 })
    expect(found.map(({ seq, call }) => [seq, call])).toEqual([
      [2, '2'],
      [1, 'old'],
    ])
    state.close()
  })

  it('are read in their order, so that a limit ends the search', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    await filled(state, 50)
    const named = openByName(state).from({ client: 'zed' })
    const bound = named?.bound('<', 40)
    const plan = (more = '') =>
      state
        .prepare(
          `EXPLAIN QUERY PLAN SELECT audit.* FROM ${named?.tables} WHERE ${named?.condition} ${more} ORDER BY ${named?.order('DESC')} LIMIT 3`,
        )
        .all('zed', ...(more === '' ? [] : [bound?.value ?? 0]))
        .map(({ detail }) => detail)
    const rows = 'SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'
    expect(plan()).toEqual(['SEARCH named USING PRIMARY KEY (client=?)', rows])
    expect(plan(`AND ${bound?.condition}`)).toEqual([
      'SEARCH named USING PRIMARY KEY (client=? AND stretch<?)',
      rows,
    ])
    state.close()
  })
})
