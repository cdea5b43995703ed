import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../main/bridge/limits.ts'
import { opened } from '../bridge/support/remote.ts'
import { type Line, openLine } from '../bridge/support/world.ts'
import { testHome } from '../harness/home.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { forgetPeak, peakBytes, residentBytes } from './support/proc.ts'
import { addClient } from './support/stage.ts'

/** Peers that take all that there is for them, against the shipped companion: what that makes of its memory (docs/limits.md). */

/** What waits takes up to so many times what it counts. */
const FACTOR = 3.5
const { all, each, asked, kept } = limits.budget
const CLIENTS = ['one', 'two', 'three']

let stage: AsyncDisposableStack
let warder: Warder
/** Tells of each call that has come; its answer is the listener's. */
let calls: EventEmitter<{ call: [response: ServerResponse] }>

beforeEach(async () => {
  stage = new AsyncDisposableStack()
  warder = stage.use(await startWarder({ home: stage.use(await testHome()).path }))
  calls = new EventEmitter()
  const server = createServer(async (request, response) => {
    // What is long is not read at all.
    if (Number(request.headers['content-length']) > 100_000) return calls.emit('call', response)
    if (request.method !== 'POST') return response.writeHead(405).end()
    const { id, method } = JSON.parse(await text(request))
    if (method === 'tools/call') return calls.emit('call', response)
    if (id === undefined) return response.writeHead(202).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    const result = method === 'initialize' ? opened : '{}'
    return response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`)
  })
  server.requestTimeout = 0
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stage.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const url = `http://127.0.0.1:${port}/mcp`
  await warder.ok(['server', 'add', 'far', '--url', url, '--auth', 'public'])
  for (const client of [...CLIENTS, 'honest']) await addClient(warder, client)
})
afterEach(() => stage.disposeAsync())

async function session(client: string): Promise<Line> {
  const line = await openLine(path.join(warder.ready.sockets, `client-${client}.sock`), 'far')
  stage.defer(() => line.close())
  await line.open()
  return line
}

/** @returns what the companion has grown by since, where it was largest */
function watchGrowth(): () => number {
  forgetPeak(warder.pid)
  const before = residentBytes(warder.pid)
  return () => peakBytes(warder.pid) - before
}

/** @returns whether the call came to its server; else it was refused */
async function comes(line: Line, said: string): Promise<boolean> {
  const over = new AbortController()
  const came = once(calls, 'call', over).catch(() => {})
  line.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","said":"${said}"}}`)
  const answer = await Promise.race([came.then(() => 'came'), line.next()])
  over.abort()
  if (answer !== 'came') expect(answer).toContain('bridge.busy')
  return answer === 'came'
}

describe.skipIf(process.platform !== 'linux')('the memory of the companion', () => {
  it.each([
    ['a', 1],
    ['字', 3],
  ])(
    'is bounded where clients send all that they may to who does not read it: %s',
    async (letter, bytes) => {
      const said = letter.repeat((30 * 1024 * 1024) / bytes)
      const growth = watchGrowth()
      for (const client of CLIENTS) while (await comes(await session(client), said)) {}
      const honest = await session('honest')
      expect(await honest.call('tools/list')).toHaveProperty('result')
      expect(growth()).toBeGreaterThan(all)
      expect(growth()).toBeLessThan(FACTOR * (all + CLIENTS.length * kept))
    },
  )

  it('is bounded where a server gives thousands of calls of a client a part of an answer each', async () => {
    calls.on('call', (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(' '.repeat(60_000))
    })
    const growth = watchGrowth()
    let busy = false
    for (let count = 0; count < 2 * (asked / limits.callBytes) && !busy; count += 200) {
      const line = await session('one')
      const told = line.next().then(() => {
        busy = true
      })
      for (let id = 1; id <= 200 && !busy; id++) {
        const came = once(calls, 'call')
        line.send(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"x"}}`)
        await Promise.race([came, told])
      }
    }
    const honest = await session('honest')
    expect(await honest.call('tools/list')).toHaveProperty('result')
    expect(busy).toBe(true)
    expect(growth()).toBeLessThan(2 * each)
  })
})
