import { describe, expect, it } from 'vitest'
import { appendRows, mergeRows, PAGE, refreshRows } from '../../renderer/api/audit-rows.ts'
import { stateOf, toCalls } from '../../renderer/api/calls.ts'
import { row } from '../e2e/page-world.ts'

const seqs = (rows: { seq: number }[]) => rows.map((each) => each.seq)
const span = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => row({ seq: from + at }))

describe('rows of the audit', () => {
  it('are merged newest first, each once', () => {
    expect(seqs(mergeRows(span(1, 3), span(2, 3)))).toEqual([4, 3, 2, 1])
  })

  it('keep what was held when a new look joins up with it', () => {
    const held = mergeRows([], span(1, 10))
    expect(refreshRows(held, span(8, 5))).toHaveLength(12)
    expect(refreshRows(held, span(11, 5))).toHaveLength(15)
    expect(refreshRows(held, [])).toHaveLength(10)
  })

  it('drop what was held when rows may be missing in between', () => {
    const held = mergeRows([], span(1, 10))
    expect(refreshRows(held, span(1000, PAGE))).toHaveLength(PAGE)
  })

  it('take in only what passes the filter', () => {
    const appended = [
      row({ seq: 1, client: 'a', server: 's', decision: 'deny' }),
      row({ seq: 2, client: 'b', server: 's', decision: 'deny' }),
      row({ seq: 3, client: 'a', server: 't', decision: 'deny' }),
      row({ seq: 4, client: 'a', server: 's', decision: 'allow' }),
    ]
    expect(seqs(appendRows([], appended, { client: 'a', server: 's', decision: 'deny' }))).toEqual([
      1,
    ])
    expect(seqs(appendRows([], appended, {}))).toEqual([4, 3, 2, 1])
  })

  it('fall off at the far end when many arrive, but not what was asked for', () => {
    const live = appendRows(mergeRows([], span(1, 1_990)), span(1_991, 100), {})
    expect([live.length, live[0]?.seq, live.at(-1)?.seq]).toEqual([2_000, 2_090, 91])
    const asked = appendRows(mergeRows([], span(1, 5_000)), span(5_001, 100), {})
    expect(asked).toHaveLength(5_000)
  })
})

describe('calls', () => {
  it('tie intent and outcome together, newest call first', () => {
    const calls = toCalls([
      row({ seq: 4, call: 'a', phase: 'outcome', outcome: 'ok' }),
      row({ seq: 3, call: 'c', phase: 'outcome', outcome: 'lost' }),
      row({ seq: 2, call: 'b', decision: 'deny' }),
      row({ seq: 1, call: 'a' }),
    ])
    expect(calls.map((call) => [call.id, stateOf(call)])).toEqual([
      ['c', 'lost'],
      ['b', 'denied'],
      ['a', 'ok'],
    ])
    expect(calls.at(-1)?.first.seq).toBe(1)
  })

  it('are under way until their outcome is there', () => {
    expect(toCalls([row({ seq: 1 })]).map(stateOf)).toEqual(['running'])
  })
})
