import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

const main = (file: string) =>
  JSON.stringify(pathToFileURL(path.join(import.meta.dirname, '../../../main', file)).href)

/** Prints the KiB that each request leaves in the old generation, where a collection has met some that were under way. */
const program = `
  import http from 'node:http'
  import v8 from 'node:v8'
  const { openTokenDoor } = await import(${main('bridge/doors/token.ts')})
  const { createBudget } = await import(${main('runtime/budget.ts')})
  const { limits } = await import(${main('bridge/limits.ts')})
  const door = await openTokenDoor(0, {
    client: () => 'desk',
    async receive({ reply }) {
      await new Promise((resolve) => setImmediate(resolve))
      reply.reply('{}')
    },
    share: createBudget(limits.budget).of,
    listen: () => 404,
    end: async () => 404,
  })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
  const headers = { authorization: 'Bearer x', 'content-type': 'application/json' }
  const request = () => new Promise((resolve, reject) => {
    const options = { agent, method: 'POST', port: door.port, path: '/mcp', headers }
    http.request({ host: '127.0.0.1', ...options }, (answer) => answer.resume().on('end', resolve))
      .on('error', reject)
      .end('{}')
  })
  async function requests(count) {
    const all = Array.from({ length: 4 }, async () => {
      for (let made = 0; made < count / 4; made++) await request()
    })
    setImmediate(() => gc())
    await Promise.all(all)
  }
  const old = () =>
    v8.getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size
  await requests(400)
  gc()
  const before = old()
  await requests(2_000)
  console.log((old() - before) / 2_000 / 1_024)
  process.exit(0)
`

it('a request over HTTP is not kept past its answer, so that no collection carries it along', () => {
  // So small that it is collected dozens of times, and so much room for what is old that nothing collects that.
  const heap = ['--max-semi-space-size=1', '--min-semi-space-size=1', '--initial-heap-size=256']
  const args = ['--expose-gc', ...heap, '--input-type=module', '--eval', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(Number(stdout)).toBeLessThan(1)
  expect(stdout).not.toBe('')
})
