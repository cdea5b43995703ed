import { expect, it } from 'vitest'
import { runWorld } from './support/cases.ts'
import { startHouse } from './support/house.ts'

const PER_WORLD = 50

it('forwards what the rules allow and nothing else, each once and after its record', async () => {
  await using house = await startHouse()
  for (let seed = 0; seed < 5_000 / PER_WORLD; seed++)
    expect(await runWorld(house, seed, PER_WORLD), `seed ${seed}`).toEqual([])
})
