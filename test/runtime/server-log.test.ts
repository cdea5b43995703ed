import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServerLogs } from '../../main/runtime/server-log.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { script, startTestServer } from './local-server.ts'

let home: TestHome
let folder: string
beforeEach(async () => {
  home = await testHome()
  folder = path.join(home.path, 'logs')
})
afterEach(() => home[Symbol.asyncDispose]())

const AT = '1970-01-01T00:00:00.000Z'
const mask = (text: string) => text.replaceAll('planted-value', '[masked]')
const open = (maxFile?: number) =>
  createServerLogs(folder, { clock: () => 0, ...(maxFile && { maxFile }) })

describe('the log of a local server', () => {
  it('has its lines whole, masked and plain, however they come, for this user alone', async () => {
    const logs = open()
    const writer = logs.writer('s', mask)
    const bytes = Buffer.from('one é\nkey planted-\u001b[31mvalue\u001b[0m\r\n\n\u202etwo\nlast')
    for (const byte of bytes) writer.push(Buffer.from([byte]))
    writer.end()
    expect(await logs.read('s', 10)).toEqual([
      `${AT} one é`,
      `${AT} key [masked]`,
      `${AT} two`,
      `${AT} last`,
    ])
    expect(await logs.read('s', 1)).toEqual([`${AT} last`])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(folder, 's.log')).mode & 0o777).toBe(0o600)
  })

  it('cuts a line that is too long after it was masked, and goes on with the next', async () => {
    const logs = open()
    const writer = logs.writer('s', mask)
    writer.push(Buffer.from(`${'x'.repeat(8_180)} planted-value ${'y'.repeat(200_000)}`))
    writer.push(Buffer.from(`${'z'.repeat(100)}\nnext\n`))
    const [long = '', next] = await logs.read('s', 10)
    expect(long.length).toBe(AT.length + 1 + 8 * 1024)
    expect(long).not.toContain('plant')
    expect(next).toBe(`${AT} next`)
  })

  it('stays within two files, and says what it left out', async () => {
    const logs = open(4_096)
    const writer = logs.writer('s', mask)
    for (let round = 0; round < 20; round++) {
      writer.push(Buffer.from(`round ${round} ${'x'.repeat(500)}\n`.repeat(3)))
      await logs.read('s', 1)
    }
    expect(readdirSync(folder).sort()).toEqual(['s.log', 's.log.1'])
    for (const file of readdirSync(folder))
      expect(statSync(path.join(folder, file)).size).toBeLessThanOrEqual(4_096)
    expect((await logs.read('s', 1))[0]).toContain('round 19')
    writer.push(Buffer.from('x\n'.repeat(10_000)))
    expect((await logs.read('s', 1))[0]).toMatch(/^\(9\d{3} lines are left out\)$/)
  })

  it('looks for secrets in so much of a flood as leaves time for everybody else, and goes on after it', async () => {
    let now = 0
    let looked = 0
    const logs = createServerLogs(folder, { clock: () => now })
    const writer = logs.writer('s', (text) => {
      looked += text.length
      return text
    })
    const chunk = Buffer.from(`${'x'.repeat(99)}\n`.repeat(600))
    for (let round = 0; round < 100; round++) writer.push(chunk)
    expect(looked).toBeGreaterThan(256 * 1024)
    expect(looked).toBeLessThan(2 * 256 * 1024)
    const [lost] = await logs.read('s', 1)
    expect(lost).toMatch(/^\(5\d{4} lines are left out\)$/)
    now = 60_000
    writer.push(Buffer.from('calm again\n'))
    expect((await logs.read('s', 1))[0]).toMatch(/ calm again$/)
  })

  it('ends with its server, and is of that server alone', async () => {
    const logs = open()
    logs.writer('a', mask).push(Buffer.from('of a\n'))
    logs.writer('b', mask).push(Buffer.from('of b\n'))
    expect(await logs.read('a', 10)).toEqual([`${AT} of a`])
    await logs.remove('a')
    expect(readdirSync(folder)).toEqual(['b.log'])
    expect(await logs.read('a', 10)).toEqual([])
  })

  it('is written by a process', async () => {
    const logs = open()
    await using server = await startTestServer({
      definition: script(
        `console.error('up'); process.stderr.write('bad planted-value'); process.exitCode = 1`,
      ),
      log: logs.writer('s', mask),
    })
    await server.exit
    expect(await logs.read('s', 10)).toEqual([`${AT} up`, `${AT} bad [masked]`])
  })
})
