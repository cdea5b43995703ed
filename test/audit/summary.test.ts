import { describe, expect, it } from 'vitest'
import { firstSince, summarize } from '../../main/audit/summary.ts'
import { openState, type State } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

const hour = 3_600_000

interface Given {
  readonly at: number
  readonly client?: string
  readonly phase?: 'intent' | 'outcome'
  readonly outcome?: string | null
  readonly latency?: number | null
}

async function open(rows: readonly Given[]) {
  const home = await testHome()
  const state = openState(home.path)
  const insert =
    state.prepare(`INSERT INTO audit (at, call, phase, user, client, proof, session, server, account, method,
    target, decision, rule, argument_keys, bytes, outcome, code, latency_ms, masked)
    VALUES (?, 'c', ?, 'me', ?, 'bearer', NULL, 'notes', NULL, 'tools/call', NULL, 'allow', 'r', '[]', 0, ?, NULL, ?, 0)`)
  for (const { at, client = 'cursor', phase = 'outcome', outcome = 'ok', latency = 10 } of rows)
    insert.run(at, phase, client, outcome, latency)
  return {
    state,
    async [Symbol.asyncDispose]() {
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

const sum = (state: State, since = 0, most?: number) =>
  summarize(state, { since, step: hour, ...(most === undefined ? {} : { most }) })

describe('the summary of the audit', () => {
  it('counts each call once, by client and hour', async () => {
    await using house = await open([
      { at: 10, phase: 'intent', outcome: null, latency: null },
      { at: 20, latency: 30 },
      { at: 30, latency: 50 },
      { at: 40, client: 'zed', outcome: 'denied', latency: 999 },
      { at: hour + 1, outcome: 'error', latency: null },
      { at: hour + 2, outcome: 'tool-error' },
      { at: hour + 3, outcome: 'lost', latency: null },
      { at: hour + 4, outcome: 'cancelled', latency: null },
    ])
    const bucket = { refused: 0, failed: 0 }
    expect(sum(house.state)).toEqual({
      whole: true,
      buckets: [
        { ...bucket, at: 0, client: 'cursor', calls: 2, meanMs: 40, slowestMs: 50 },
        { ...bucket, at: 0, client: 'zed', calls: 1, refused: 1, meanMs: null, slowestMs: null },
        { ...bucket, at: hour, client: 'cursor', calls: 4, failed: 3, meanMs: 10, slowestMs: 10 },
      ],
    })
  })

  it('begins where it is told, and reads so many rows at most and says so', async () => {
    await using house = await open([{ at: 1 }, { at: 2 }, { at: 3 }, { at: 4 }])
    const calls = (summary: ReturnType<typeof sum>) => summary.buckets.map(({ calls }) => calls)
    expect(calls(sum(house.state, 3))).toEqual([2])
    const cut = sum(house.state, 0, 3)
    expect([calls(cut), cut.whole]).toEqual([[3], false])
    expect(sum(house.state, 2, 3).whole).toBe(true)
  })

  it('is empty where nothing was called', async () => {
    await using house = await open([])
    expect(sum(house.state)).toEqual({ whole: true, buckets: [] })
  })

  it('finds the first row of a time in any audit', async () => {
    const times = [3, 3, 5, 8, 8, 8, 13]
    await using house = await open(times.map((at) => ({ at })))
    for (let since = 0; since < 15; since++) {
      const at = times.findIndex((time) => time >= since)
      expect(firstSince(house.state, since)).toBe(at === -1 ? times.length + 1 : at + 1)
    }
    // Rows may be missing where somebody deleted some.
    house.state.prepare('DELETE FROM audit WHERE seq IN (1, 3, 4)').run()
    expect([5, 8, 9].map((since) => firstSince(house.state, since))).toEqual([5, 5, 7])
  })
})
