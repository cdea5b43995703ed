import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { wiringClients } from '../../main/wiring/clients/index.ts'
import { withEntry, withoutEntry } from '../../main/wiring/edit.ts'
import { formats } from '../../main/wiring/formats/index.ts'
import { seededRandom } from '../bridge/random-json.ts'
import { testHome } from '../harness/home.ts'
import { wiringFor, write } from './house.ts'
import { isKept } from './is-kept.ts'
import { randomFile } from './random-file.ts'

const SHIM = { command: `/home/o'brien "x"/bin/warder-mcp`, args: ['--client', 'ü'] }
/** One in so many is written to the disk as well, where each takes its time. */
const onDisk = process.env.WARDER_TEST_TIER === 'long' ? 1 : 20
const runs = process.env.WARDER_TEST_TIER === 'long' ? 10_000 : 1_000

describe.each(wiringClients)('any file of $title', (client) => {
  const share = Math.ceil(runs / wiringClients.length)

  test('gets one entry and loses it again, and every other line stays as it is', () => {
    for (let seed = 0; seed < share; seed++) {
      const random = seededRandom(seed * 7919 + client.id.length)
      const before = randomFile(random, client)
      const entry = client.entry(SHIM)
      const wired = check(seed, before, () => withEntry(client, before, 'warder', entry))
      const back = check(seed, wired, () => withoutEntry(client, wired, 'warder'))
      const content = formats[client.format].parse(wired)
      expect(content).toMatchObject({ [client.servers[0] ?? '']: { warder: entry } })
      expect(
        isKept(before, wired, entry),
        `seed ${seed}: more than an entry changed ${JSON.stringify([before, wired])}`,
      ).toBe(true)
      expect(
        isKept(before, back, {}),
        `seed ${seed}: more than the entry went ${JSON.stringify([before, back])}`,
      ).toBe(true)
      expect(formats[client.format].parse(back)).not.toHaveProperty([
        client.servers[0] ?? '',
        'warder',
      ])
      expect(back.startsWith('\uFEFF')).toBe(before.startsWith('\uFEFF'))
      if (/\r\n/.test(before)) expect(/(?<!\r)\n/.test(back)).toBe(/(?<!\r)\n/.test(before))
    }
  })

  test('is put back byte for byte', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const file = client.userFile(wiring.where)
    for (let seed = 0; seed < share; seed += onDisk) {
      const before = randomFile(seededRandom(seed * 7919 + client.id.length), client)
      await write(file, before)
      wiring.apply(wiring.planWire(client, 'user'))
      const plan = wiring.planUnwire(client, 'user')
      expect(plan.notes, `seed ${seed}`).toEqual([])
      wiring.apply(plan)
      expect(readFileSync(file, 'utf8'), `seed ${seed}`).toBe(before)
    }
  })
})

function check(seed: number, text: string, edit: () => string): string {
  try {
    return edit()
  } catch (error) {
    throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause: error })
  }
}
