import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, type Random, randomJson, seededRandom } from '../random-json.ts'
import { exchangeRaw } from '../support/raw.ts'
import { json, type Remote, startRemote, usual } from '../support/remote.ts'
import { localServer, openLine, remoteServer, startWorld, type World } from '../support/world.ts'

/**
 * Whatever bytes come, from a client or from a server: they are refused or passed on, and who is honest is answered after
 * them. An exception that nobody catches fails the run by itself.
 */

const CASES = 120
const SEED = 20_260_728

interface Hostile {
  bytes: Buffer
  status: number
  type: string
}

/** Answers the tool `garbage` with what the test wants, and everything else as a server does. */
const said: Hostile = { bytes: Buffer.alloc(0), status: 200, type: 'application/json' }
const babbling = usual(({ id, body }, response) =>
  body.includes('"garbage"')
    ? response.writeHead(said.status, { 'content-type': said.type }).end(said.bytes)
    : json(response, id, '{"content":[]}'),
)

/** Writes the bytes that it is called with, and then its answer. */
const parrot = `
import { createInterface } from 'node:readline'
const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined || method === undefined) return
  const bytes = params?.arguments?.bytes
  if (bytes !== undefined) {
    const filled = Buffer.from(bytes, 'base64').toString('latin1').replaceAll('OWN-ID', String(id))
    process.stdout.write(Buffer.from(filled + '\\n', 'latin1'))
  }
  const result = method === 'initialize' ? opened : { content: [] }
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
})`

let remote: Remote
let world: World
beforeAll(async () => {
  remote = await startRemote(babbling)
  world = await startWorld({ far: remoteServer(remote.url), local: localServer(parrot) })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await remote[Symbol.asyncDispose]()
})

const noise = (random: Random) =>
  Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)))

/** Bytes that mean nothing, JSON of any kind, and messages with a few places changed. */
function bytesFrom(random: Random, messages: readonly string[]): Buffer {
  const kind = random.below(6)
  if (kind === 0) return noise(random)
  if (kind === 1) return Buffer.from(mutate(random, randomJson(random)))
  if (kind === 2)
    return Buffer.from(random.pick(['[', '{"a":', '"\\u']).repeat(random.below(2_000)))
  let text = random.pick(messages)
  for (let times = random.below(4); times > 0; times--) text = mutate(random, text)
  const bytes = Buffer.from(text)
  if (kind > 3) return bytes
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), noise(random), bytes.subarray(at)])
}

const fromClients = [
  '{"jsonrpc":"2.0","id":"any","method":"tools/call","params":{"name":"x","arguments":{}}}',
  '{"jsonrpc":"2.0","id":7,"method":"ping"}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}',
  '{"jsonrpc":"2.0","id":"none","result":{"content":[]}}',
  '{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}',
]
const fromServers = (id: string) => [
  `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"x"}]}}`,
  `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"no","data":{"a":[1]}}}`,
  `{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`,
  '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}',
  '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}',
]

const cases = function* () {
  for (let at = 0; at < CASES; at++) yield { seed: SEED + at, random: seededRandom(SEED + at) }
}

/** Writes, says no more, and waits for the end. */
function sendAndLeave(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end(bytes))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
}

const session = async () => {
  const { text } = await exchangeRaw(world.bridge.port, request(null, initialize))
  return /^mcp-session-id: (.*)$/im.exec(text)?.[1]?.trim() ?? ''
}
const initialize = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}')

function request(id: string | null, body: Buffer): Buffer {
  const head = [
    'POST /mcp/far HTTP/1.1',
    `Host: 127.0.0.1:${world.bridge.port}`,
    `Authorization: Bearer ${world.bearers.one}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...(id === null ? [] : [`Mcp-Session-Id: ${id}`]),
    'Connection: close',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

describe('any bytes', () => {
  it('on a socket are refused or passed on, and the same client goes on', async () => {
    const line = await world.line('far')
    await line.open()
    for (const { seed, random } of cases()) {
      line.socket.write(Buffer.concat([bytesFrom(random, fromClients), Buffer.from('\n')]))
      expect(await line.call('tools/call', { name: 'honest' }), `${seed}`).toHaveProperty('result')
    }
    line.close()
  })

  it('as the first line of a socket end that connection at most', async () => {
    const path = world.bridge.sockets().one ?? ''
    const honest = await world.line('far', 'two')
    await honest.open()
    const greetings = ['{"warder":1,"server":"far"}', '{"warder":1,"server":"far","folder":"/"}']
    for (const { seed, random } of cases()) {
      const line = await openLine(path, undefined)
      line.socket.end(Buffer.concat([bytesFrom(random, greetings), Buffer.from('\n')]))
      while ((await line.next()) !== null);
      expect(await honest.call('ping'), `${seed}`).toHaveProperty('result')
    }
    honest.close()
  })

  it('at the token door are refused or passed on, whole or cut off, and others are answered', async () => {
    const id = await session()
    const good = request(id, Buffer.from(fromClients[0] ?? '')).toString('latin1')
    for (const { random } of cases())
      await sendAndLeave(
        world.bridge.port,
        bytesFrom(random, [good, good.slice(0, random.below(good.length))]),
      )
    const { statuses } = await exchangeRaw(world.bridge.port, good)
    expect(statuses).toEqual([200])
  })

  it('as a body get one answer, and it is never that something broke', async () => {
    const id = await session()
    for (const { seed, random } of cases()) {
      const bytes = request(id, bytesFrom(random, fromClients))
      const { statuses } = await exchangeRaw(world.bridge.port, bytes)
      expect(statuses, `${seed}`).toHaveLength(1)
      expect([200, 202, 400, 404], `${seed}`).toContain(statuses[0])
    }
  })

  it('of a local server leave its call one answer, and the next calls theirs', async () => {
    const line = await world.line('local')
    await line.open()
    for (const { seed, random } of cases()) {
      const bytes = bytesFrom(random, fromServers('OWN-ID')).toString('base64')
      const answer = await line.call('tools/call', { name: 'garbage', arguments: { bytes } })
      expect('result' in answer || 'error' in answer, `${seed}`).toBe(true)
      expect(await line.call('tools/call', { name: 'honest' }), `${seed}`).toHaveProperty('result')
    }
    line.close()
  })

  it.each(['application/json', 'text/event-stream', 'text/html'])(
    'of a remote server as %s end its call, and the next calls are answered',
    async (type) => {
      const line = await world.line('far')
      await line.open()
      for (const { seed, random } of cases()) {
        const bytes = bytesFrom(random, fromServers(`${random.below(400)}`))
        const event = Buffer.concat([Buffer.from('data: '), bytes, Buffer.from('\n\n')])
        const status = random.pick([200, 200, 200, 202, 204, 400, 404, 500])
        Object.assign(said, { bytes: type === 'text/event-stream' ? event : bytes, status, type })
        const answer = await line.call('tools/call', { name: 'garbage' })
        expect('result' in answer || 'error' in answer, `${seed}`).toBe(true)
        const next = await line.call('tools/call', { name: 'honest' })
        expect(next, `${seed}`).toHaveProperty('result')
      }
      line.close()
    },
  )
})
