import { rmSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { putBackAdopted, wayBackOf, writeAdopted } from '../../../main/wiring/adoption/files.ts'
import { planAdoption } from '../../../main/wiring/adoption/plan.ts'
import { wiringClients } from '../../../main/wiring/clients/index.ts'
import { seededRandom } from '../../bridge/random-json.ts'
import { testHome } from '../../harness/home.ts'
import { wiringFor } from '../house.ts'
import { randomFile } from '../random-file.ts'

const NONE = { servers: new Set<string>(), secrets: new Set<string>() }

describe('an adoption of whatever a file holds', () => {
  it.each(wiringClients.map((client) => [client.id, client] as const))(
    'is undone byte for byte in %s',
    async (_id, client) => {
      await using home = await testHome()
      const wiring = wiringFor(home.path, 'linux')
      const file = client.userFile(wiring.where)
      await mkdir(path.dirname(file), { recursive: true })
      let moved = 0
      for (let seed = 1; seed <= 60; seed++) {
        const text = randomFile(seededRandom(seed), client)
        await writeFile(file, text)
        const { files, servers, left } = planAdoption(wiring, NONE, () => true)
        moved += servers.length
        expect(files.length === 0 || servers.length > 0).toBe(true)
        for (const { problem } of left) expect(problem).not.toBe('')
        const back = files.map(wayBackOf)
        writeAdopted(wiring, files, new Date(0))
        for (const one of back) putBackAdopted(wiring, JSON.parse(JSON.stringify(one)))
        expect(await readFile(file, 'utf8'), `seed ${seed}`).toBe(text)
        expect(wiring.ledger.records()).toEqual([])
        rmSync(file)
      }
      // Else nothing would have been tried.
      expect(moved).toBeGreaterThan(10)
    },
  )
})
