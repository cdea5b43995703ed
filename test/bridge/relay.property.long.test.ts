import { expect, it } from 'vitest'
import { runWorld } from './support/cases.ts'
import { startHouse } from './support/house.ts'

const PER_WORLD = 200
const CASES = Number(process.env.WARDER_LONG ?? 1_000_000)

it('forwards what the rules allow and nothing else, a million times', async () => {
  // A house for every stretch: looking a row up gets slower as the audit grows.
  for (let seed = 1_000_000, done = 0; done < CASES; ) {
    await using house = await startHouse()
    for (let world = 0; world < 25 && done < CASES; world++, seed++, done += PER_WORLD)
      expect(await runWorld(house, seed, PER_WORLD), `seed ${seed}`).toEqual([])
  }
}, 3_600_000)
