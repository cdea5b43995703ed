import { expect, it } from 'vitest'
import { startAwakeClock } from '../../main/oauth/awake-clock.ts'

it('counts what lies between two looks, and a minute at most of a gap', () => {
  let monotonic = 1_000
  const clock = startAwakeClock(() => monotonic)
  expect(clock.now()).toBe(0)
  for (let look = 0; look < 10; look++) {
    monotonic += 30_000
    clock.now()
  }
  expect(clock.now()).toBe(300_000)
  monotonic += 9 * 3_600_000
  expect(clock.now()).toBe(360_000)
  expect(clock.now()).toBe(360_000)
  clock.stop()
})
