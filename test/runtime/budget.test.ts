import { describe, expect, it } from 'vitest'
import { countHeld, createBudget, NOT_COUNTED } from '../../main/runtime/budget.ts'
import { seededRandom } from '../bridge/random-json.ts'

const sizes = { each: 100, asked: 60, kept: 10, all: 150 }

describe('a budget', () => {
  it('gives one peer so much over all that it has, and no more', () => {
    const { answers } = createBudget(sizes).of('one')
    expect([answers.take(70), answers.take(31), answers.take(30)]).toEqual([true, false, true])
    answers.give(30)
    expect([answers.take(31), answers.take(30)]).toEqual([false, true])
  })

  it('keeps room for answers from what is asked', () => {
    const { asks, answers } = createBudget(sizes).of('one')
    expect([asks.take(60), asks.take(1), answers.take(40), answers.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ])
    asks.give(60)
    expect([answers.take(60), asks.take(1)]).toEqual([true, false])
  })

  it('gives all peers together so much, and each what is kept for it', () => {
    const budget = createBudget(sizes)
    const [one, two, late] = [budget.of('one'), budget.of('two'), budget.of('late')]
    expect([one.answers.take(100), two.answers.take(70)]).toEqual([true, true])
    expect([two.answers.take(1), late.answers.take(11), late.answers.take(10)]).toEqual([
      false,
      false,
      true,
    ])
    one.answers.give(100)
    expect(late.answers.take(11)).toBe(true)
  })

  it('knows a peer again', () => {
    const budget = createBudget(sizes)
    budget.of('one').answers.take(100)
    expect(budget.of('one').answers.take(1)).toBe(false)
  })

  it('cuts off the connection that has most unread, and counts it no more', () => {
    const { answers, unread } = createBudget(sizes).of('one')
    const cut: string[] = []
    const slow = unread(() => cut.push('slow'))
    const quick = unread(() => cut.push('quick'))
    slow(60)
    quick(40)
    expect(cut).toEqual([])
    quick(41)
    expect(cut).toEqual(['slow'])
    expect([answers.take(59), answers.take(1)]).toEqual([true, false])
    quick(42)
    expect(cut).toEqual(['slow', 'quick'])
    expect([answers.take(41), answers.take(1)]).toEqual([true, false])
    // It is told that it was closed.
    slow(0)
    quick(0)
    expect(answers.take(1)).toBe(false)
  })

  it('cuts nobody off at another peer', () => {
    const budget = createBudget(sizes)
    const cut: string[] = []
    for (const peer of ['one', 'two', 'three']) budget.of(peer).unread(() => cut.push(peer))(60)
    expect(cut).toEqual([])
    budget.of('four').unread(() => cut.push('four'))(60)
    expect(cut).toEqual(['four'])
  })

  it('counts by the sum what it is told piece by piece, and has all again in the end', () => {
    const random = seededRandom(4)
    const peers = ['a', 'b', 'c'] as const
    const budget = createBudget(sizes)
    const held: { peer: string; kind: 'asks' | 'answers'; bytes: number }[] = []
    const sum = (some: typeof held) => some.reduce((total, { bytes }) => total + bytes, 0)
    let refused = 0
    for (let turn = 0; turn < 2_000; turn++) {
      const one = held.splice(random.below(held.length * 2 + 1), 1)[0]
      if (one !== undefined) budget.of(one.peer)[one.kind].give(one.bytes)
      const [peer, kind] = [random.pick(peers), random.pick(['asks', 'answers'] as const)]
      const bytes = random.below(70)
      if (budget.of(peer)[kind].take(bytes)) held.push({ peer, kind, bytes })
      else refused++
      const sums = peers.map((name) => sum(held.filter((some) => some.peer === name)))
      expect(Math.max(...sums)).toBeLessThanOrEqual(sizes.each)
      const beyond = sums.map((own) => Math.max(0, own - sizes.kept))
      expect(beyond.reduce((a, b) => a + b)).toBeLessThanOrEqual(sizes.all)
      const asked = held.filter((some) => some.peer === peer && some.kind === 'asks')
      expect(sum(asked)).toBeLessThanOrEqual(sizes.asked)
    }
    expect(refused).toBeGreaterThan(100)
    for (const { peer, kind, bytes } of held) budget.of(peer)[kind].give(bytes)
    expect(budget.of('a').asks.take(sizes.asked)).toBe(true)
    expect(budget.of('a').answers.take(sizes.each - sizes.asked)).toBe(true)
    expect(budget.of('b').answers.take(sizes.all - sizes.each + 2 * sizes.kept)).toBe(true)
  })
})

describe('what one reader holds', () => {
  it('counts from some size on, as much as it is, and no more once it has gone', () => {
    const { answers } = createBudget({ ...sizes, each: 2 * NOT_COUNTED, all: 3 * NOT_COUNTED }).of(
      'one',
    )
    const hasRoom = countHeld(answers)
    expect(hasRoom(NOT_COUNTED)).toBe(true)
    expect(answers.take(2 * NOT_COUNTED)).toBe(true)
    expect(hasRoom(NOT_COUNTED + 1)).toBe(false)
    answers.give(2 * NOT_COUNTED)
    expect(hasRoom(2 * NOT_COUNTED)).toBe(true)
    expect(answers.take(1)).toBe(false)
    expect(hasRoom(NOT_COUNTED + 1)).toBe(true)
    expect(answers.take(NOT_COUNTED - 1)).toBe(true)
    hasRoom(0)
    expect(answers.take(NOT_COUNTED + 1)).toBe(true)
  })
})
