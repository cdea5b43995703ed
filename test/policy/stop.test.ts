import { expect, it } from 'vitest'
import { createStop } from '../../main/policy/stop.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

it('outlasts the process, and only a lift ends it', async () => {
  await using home = await testHome()
  const first = openState(home.path)
  createStop(first).begin({ id: 'a', at: 1 }, () => {})
  first.close()
  const second = openState(home.path)
  const stop = createStop(second)
  expect(stop.current()).toEqual({ id: 'a', at: 1 })
  expect(() => stop.refuse()).toThrow(expect.objectContaining({ code: 'policy.stopped' }))
  stop.lift()
  expect(createStop(second).current()).toBeNull()
  second.close()
})

it('is in force even where the rest could not be written', async () => {
  await using home = await testHome()
  const state = openState(home.path)
  const stop = createStop(state)
  const failing = () => {
    throw new Error('no space')
  }
  expect(() => stop.begin({ id: 'a', at: 1 }, failing)).toThrow('no space')
  expect(() => stop.refuse()).toThrow()
  state.close()
})

it('stays in force where its entry was damaged', async () => {
  await using home = await testHome()
  const state = openState(home.path)
  state.prepare("INSERT INTO meta (key, value) VALUES ('stopped', 'nonsense')").run()
  expect(createStop(state).current()).not.toBeNull()
  state.close()
})
