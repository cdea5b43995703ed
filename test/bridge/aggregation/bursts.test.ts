import { expect, it } from 'vitest'
import { createBursts, type ListName } from '../../../main/bridge/aggregation/bursts.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { manualTimer } from '../support/timer.ts'

function scene() {
  const { timer, pass } = manualTimer()
  const told: ListName[] = []
  return { ...createBursts(timer, (name) => void told.push(name)), told, pass }
}

it('tells each list once for a burst', () => {
  const { changed, told, pass } = scene()
  changed(['tools'])
  changed(['prompts', 'tools'])
  expect(told).toEqual([])
  pass(limits.burstMs)
  expect(told).toEqual(['tools', 'prompts'])
})

it('tells what never stops to change no more often than it may, and nothing is lost', () => {
  const { changed, told, pass } = scene()
  const rounds = 10 * (limits.listChangedMs / limits.burstMs)
  for (let round = 0; round < rounds; round++) {
    changed(['tools'])
    pass(limits.burstMs)
  }
  expect(told).toHaveLength(10)
  pass(limits.listChangedMs)
  expect(told).toHaveLength(11)
})

it('says nothing after its end', () => {
  const { changed, close, told, pass } = scene()
  changed(['tools'])
  close()
  pass(limits.listChangedMs)
  expect(told).toEqual([])
})
