import { expect, it } from 'vitest'
import { openByName } from '../../main/audit/by-name.ts'
import { usesOf } from '../../main/audit/uses.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

interface Given {
  readonly at: number
  readonly client?: string
  readonly server?: string
  readonly account?: string | null
  readonly phase?: 'intent' | 'outcome'
  readonly outcome?: string | null
  readonly target?: string | null
}

async function open(rows: readonly Given[]) {
  const home = await testHome()
  const state = openState(home.path)
  const insert =
    state.prepare(`INSERT INTO audit (at, call, phase, user, client, proof, session, server, account, method,
    target, decision, rule, argument_keys, bytes, outcome, code, latency_ms, masked)
    VALUES (?, 'c', ?, 'me', ?, 'bearer', NULL, ?, ?, 'tools/list', ?, 'allow', 'r', '[]', 0, ?, NULL, 1, 0)`)
  for (const row of rows) {
    const { at, phase = 'outcome', client = 'cursor', server = 'notes' } = row
    const { account = 'notes/ada', outcome = 'ok', target = 'echo' } = row
    insert.run(at, phase, client, server, account, target, outcome)
  }
  const byName = openByName(state)
  byName.appended(rows.length)
  return {
    uses: (of: Partial<{ server: string; account: string; since: number }> = {}, most?: number) =>
      usesOf(state, byName, { server: 'notes', account: 'notes/ada', since: 0, ...of }, most),
    async [Symbol.asyncDispose]() {
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

it('counts the finished calls of an account by client, the latest first', async () => {
  await using house = await open([
    { at: 10, phase: 'intent', outcome: null },
    { at: 20, target: 'first' },
    { at: 30, client: 'zed', target: null },
    { at: 40, outcome: 'error', target: 'last' },
    { at: 50, outcome: 'denied' },
    { at: 60, account: 'notes/bob', client: 'desk' },
    { at: 70, account: null },
    { at: 80, server: 'mail' },
  ])
  expect(house.uses()).toEqual({
    clients: [
      { client: 'cursor', calls: 2, lastAt: 40, last: 'last' },
      { client: 'zed', calls: 1, lastAt: 30, last: 'tools/list' },
    ],
    whole: true,
  })
})

it('counts nothing of an earlier account of that name', async () => {
  await using house = await open([{ at: 10 }, { at: 20 }])
  expect(house.uses({ since: 15 }).clients).toMatchObject([{ calls: 1, lastAt: 20 }])
})

it('reads only so far, and says so', async () => {
  await using house = await open([{ at: 10 }, { at: 20, client: 'zed' }, { at: 30 }])
  expect(house.uses({}, 2)).toEqual({
    clients: [
      { client: 'cursor', calls: 1, lastAt: 30, last: 'echo' },
      { client: 'zed', calls: 1, lastAt: 20, last: 'echo' },
    ],
    whole: false,
  })
  expect(house.uses({ since: 15 }, 2).whole).toBe(true)
  expect(house.uses({}, 3).whole).toBe(true)
})
