import { expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createAgenda, pauseAfter } from '../../main/oauth/agenda.ts'

const MINUTE = 60_000

function open(begin: () => readonly Promise<unknown>[], next: () => number | null) {
  const timers: number[] = []
  const reported: unknown[] = []
  const agenda = createAgenda({
    clock: () => 1_000_000,
    next,
    begin,
    after(ms) {
      timers.push(ms)
      return () => {}
    },
    report: (error) => void reported.push(error),
  })
  return { agenda, timers, reported }
}

it('waits for a minute where an item that is due cannot even begin, whatever it fails with', async () => {
  const full = new Error('database or disk is full')
  const { agenda, timers, reported } = open(
    () => [Promise.reject(full)],
    () => 0,
  )
  agenda.begin()
  await Promise.resolve()
  expect(timers).toEqual([0, MINUTE])
  expect(reported).toEqual([full])
})

it('does not repeat every minute that the vault is locked', async () => {
  const locked = new WarderError('vault.locked', 'The vault is locked.')
  const { agenda, timers, reported } = open(
    () => [Promise.reject(locked)],
    () => 0,
  )
  agenda.begin()
  await Promise.resolve()
  expect(timers).toEqual([0, MINUTE])
  expect(reported).toEqual([])
})

it('looks when the next item is due, at least once a day, and not at all where none is', () => {
  let due: number | null = 1_000_000 + MINUTE
  const { agenda, timers } = open(
    () => [],
    () => due,
  )
  agenda.begin()
  due = 9e15
  agenda.schedule()
  due = null
  agenda.schedule()
  expect(timers).toEqual([MINUTE, 24 * 60 * MINUTE])
  due = 0
  agenda.close()
  agenda.schedule()
  expect(timers).toHaveLength(2)
})

it('doubles its pauses up to six hours', () => {
  expect([0, 1, 2, 8, 9, 1000].map(pauseAfter)).toEqual(
    [1, 2, 4, 256, 360, 360].map((minutes) => minutes * MINUTE),
  )
})
