import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ServerDefinition } from '../../../main/store/config-schema.ts'
import { serverEverything } from '../../harness/stdio-servers.ts'
import { opened } from '../support/remote.ts'
import { localServer, startWorld, type World } from '../support/world.ts'

/** A local server that speaks HTTP: it learns its port, and gets its credential in a header of each request. */
const script = `
  import { createServer } from 'node:http'
  console.log('no protocol, only noise')
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    if (request.method !== 'POST') return response.writeHead(405).end()
    const { id, method } = JSON.parse(text)
    if (id === undefined) return response.writeHead(202).end()
    if (method === 'server/discover') return response.writeHead(400).end()
    const result = method === 'initialize' ? ${opened} : { key: request.headers['x-key'], fixed: request.headers['x-fixed'], path: request.url, pid: process.pid, env: process.env.KEY ?? null }
    if (method === 'tools/call' && JSON.parse(text).params.name === 'die') process.exit(4)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
  server.listen(Number(process.env.PORT), '127.0.0.1')`

const definition = {
  ...localServer(script, { PORT: '{port}' }),
  http: { path: '/here', headers: { 'X-Key': 'grant:g', 'X-Fixed': 'yes' } },
} as ServerDefinition

const call = { name: 'x' }

async function nothingRuns(world: World): Promise<void> {
  while (world.running().length > 0) await setImmediate()
}

describe('a local server that speaks HTTP', () => {
  it('gets the token in a header, a renewed one with the next request, and stays', async () => {
    await using world = await startWorld({ s: definition })
    world.tokens.set('g', 'first')
    const line = await world.line('s')
    await line.open()
    const before = await line.call('tools/call', call)
    expect(before).toMatchObject({
      result: { key: 'first', fixed: 'yes', path: '/here', env: null },
    })
    world.tokens.set('g', 'second')
    await world.bridge.renewGrant('grant-g')
    const { pid } = before.result as { pid: number }
    expect(await line.call('tools/call', call)).toMatchObject({ result: { key: 'second', pid } })
    line.close()
  })

  it('is started again after it ended, and ends with its client', async () => {
    await using world = await startWorld({ s: definition })
    world.tokens.set('g', 'first')
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', { name: 'die' })).toHaveProperty('error')
    await nothingRuns(world)
    expect(await line.call('tools/call', call)).toMatchObject({ result: { key: 'first' } })
    expect(world.running()).toEqual(['s'])
    line.close()
    await nothingRuns(world)
  })

  it('that ends before it listens is told with its exit code', async () => {
    const broken = localServer('process.exit(5)', { PORT: '{port}' })
    await using world = await startWorld({
      s: { ...broken, http: { path: '/mcp' } } as ServerDefinition,
    })
    const line = await world.line('s')
    const answer = await line.call('initialize', {})
    expect(JSON.stringify(answer)).toContain('exit code 5')
    expect(world.running()).toEqual([])
    line.close()
  })

  it('may be the reference server', async () => {
    await using world = await startWorld({
      s: {
        command: process.execPath,
        args: [serverEverything, 'streamableHttp'],
        env: { PORT: '{port}' },
        http: { path: '/mcp' },
      },
    })
    const line = await world.line('s')
    await line.open()
    const answer = await line.call('tools/call', { name: 'echo', arguments: { message: 'hello' } })
    expect(JSON.stringify(answer)).toContain('Echo: hello')
    line.close()
  })
})
