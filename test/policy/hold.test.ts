import { expect, it } from 'vitest'
import { createHold } from '../../main/policy/hold.ts'
import { standstill } from '../../main/policy/standstill.ts'
import { createStop } from '../../main/policy/stop.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

it('outlasts the process, each kind by itself, and only its own lift ends it', async () => {
  await using home = await testHome()
  const first = openState(home.path)
  const before = createHold(first)
  before.begin('paused', 1)
  before.begin('locked', 2)
  before.begin('paused', 3)
  before.setWithScreen(true)
  first.close()

  const second = openState(home.path)
  const hold = createHold(second)
  expect([hold.since('paused'), hold.since('locked'), hold.withScreen()]).toEqual([1, 2, true])
  hold.lift('locked')
  hold.setWithScreen(false)
  const after = createHold(second)
  expect([after.since('paused'), after.since('locked'), after.withScreen()]).toEqual([
    1,
    null,
    false,
  ])
  second.close()
})

it('is in force also where the disk cannot be written, and where its entry was damaged', async () => {
  await using home = await testHome()
  const state = openState(home.path)
  const hold = createHold(state)
  state.prepare("INSERT INTO meta (key, value) VALUES ('paused', 'nonsense')").run()
  expect(createHold(state).since('paused')).not.toBeNull()
  state.close()
  expect(() => hold.begin('locked', 5)).toThrow()
  expect(hold.since('locked')).toBe(5)
})

it('names the gravest reason', async () => {
  await using home = await testHome()
  const state = openState(home.path)
  const [stop, hold] = [createStop(state), createHold(state)]
  expect(standstill(stop, hold)).toBeNull()
  hold.begin('paused', 1)
  expect(standstill(stop, hold)).toBe('policy.paused')
  hold.begin('locked', 1)
  expect(standstill(stop, hold)).toBe('policy.locked')
  stop.begin({ id: 'a', at: 1 }, () => {})
  expect(standstill(stop, hold)).toBe('policy.stopped')
  state.close()
})
