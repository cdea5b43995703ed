import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSocketDoor } from '../../main/bridge/doors/sockets.ts'
import { openTokenDoor } from '../../main/bridge/doors/token.ts'
import { limits } from '../../main/bridge/limits.ts'
import { createBudget } from '../../main/runtime/budget.ts'
import type { ServerDefinition } from '../../main/store/config-schema.ts'
import { testHome } from '../harness/home.ts'
import { post, textOf } from './support/alone.ts'
import { exchangeRaw } from './support/raw.ts'
import { json, startRemote, usual } from './support/remote.ts'
import { sessionServer } from './support/session-server.ts'
import {
  type Line,
  localServer,
  opening,
  openLine,
  remoteServer,
  startWorld,
  type World,
} from './support/world.ts'

/** What waits of one client counts together, whatever it waits in, and another client has its own room. */

const KIB = 1024
const MIB = 1024 * KIB
const small = { each: 2 * MIB, asked: MIB, kept: 256 * KIB, all: 8 * MIB }
/** Two of these are more than a client may ask at a time, for what is read of them; their text is not even counted by itself. */
const filler = Array.from({ length: 22_000 }, () => 1)
/** Two of these are more than a client may ask at a time, and two of the others more than it may be answered. */
const [text, large] = ['a'.repeat(600 * KIB), 'a'.repeat(1_200 * KIB)]

const call = (id: number | string, said: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'x', arguments: { said } },
})
const callText = (id: number | string, said: unknown = null) => JSON.stringify(call(id, said))

const busy = { error: { data: { code: 'bridge.busy' } } }
const read = (text: string | null) => JSON.parse(text ?? 'null')

/** A server whose answers to calls with a text the test gives. */
async function startScene() {
  const waiting: { id: string; response: ServerResponse }[] = []
  let arrived = Promise.withResolvers<void>()
  const remote = await startRemote(
    usual(({ id, rpc, body }, response) => {
      if (rpc !== 'tools/call' || body.length < KIB) return json(response, id, '{}')
      waiting.push({ id, response })
      arrived.resolve()
    }),
  )
  const world = await startWorld({ s: remoteServer(remote.url) }, undefined, undefined, {
    budget: createBudget(small),
  })
  return {
    world,
    /** The next call that waits at the server. */
    async next() {
      if (waiting.length === 0) await arrived.promise
      arrived = Promise.withResolvers()
      const found = waiting.shift()
      if (found === undefined) throw new Error('no call waits')
      return found
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

const sessions = (world: World, client: 'one' | 'two' = 'one') =>
  world.line('s', client).then(async (line) => {
    await line.open()
    return line
  })

const toAll = async (world: World) => {
  const line = await openLine(world.bridge.sockets().one ?? '', undefined)
  line.send('{"warder":1}')
  await line.open()
  return line
}

const httpHead = (world: World, more: string) =>
  [
    'POST /mcp/s HTTP/1.1',
    `Host: 127.0.0.1:${world.bridge.port}`,
    `Authorization: Bearer ${world.bearers.one}`,
    'Content-Type: application/json',
    'Connection: close',
    more,
    '\r\n',
  ].join('\r\n')

describe('what a client has asked', () => {
  const ways: [string, (world: World) => Promise<unknown>][] = [
    [
      'on another connection',
      async (world) => (await sessions(world)).call('tools/call', call(0, filler).params),
    ],
    [
      'in requests that stand alone on its socket',
      async (world) => {
        const line = await world.line('s')
        line.send(textOf('tools/call', call(0, filler).params))
        return read(await line.next())
      },
    ],
    [
      'in requests that stand alone at the token door',
      async (world) => (await post(world, 'tools/call', call(0, filler).params)).answer,
    ],
    [
      'where it only wants to listen',
      async (world) =>
        (await post(world, 'subscriptions/listen', { notifications: {}, said: filler })).answer,
    ],
    [
      'at all servers at once',
      async (world) =>
        (await toAll(world)).call('resources/read', { uri: 'x:nobody', said: filler }),
    ],
    [
      'in requests that stand alone, at all servers at once',
      async (world) =>
        (await post(world, 'resources/read', { uri: 'x:nobody', said: filler }, { server: null }))
          .answer,
    ],
  ]

  it.each(ways)('counts together with what it asks %s', async (_where, ask) => {
    await using scene = await startScene()
    const { world } = scene
    const line = await sessions(world)
    line.send(callText(1, filler))
    const { id, response } = await scene.next()
    expect(await ask(world)).toMatchObject(busy)
    const other = await sessions(world, 'two')
    const theirs = other.call('tools/call', call(0, filler).params)
    const waiting = await scene.next()
    json(waiting.response, waiting.id, '{}')
    expect(await theirs).toHaveProperty('result')
    // Nothing of its own was lost, and its room is there again.
    json(response, id, '{}')
    expect(read(await line.next())).toMatchObject({ id: 1, result: {} })
    line.send(callText(2, filler))
    const again = await scene.next()
    json(again.response, again.id, '{}')
    expect(read(await line.next())).toMatchObject({ id: 2, result: {} })
  })

  it('counts for what stands behind each call', async () => {
    await using scene = await startScene()
    const line = await sessions(scene.world)
    const fit = Math.floor(small.asked / limits.callBytes)
    expect(fit).toBeLessThan(limits.inFlight)
    for (let id = 0; id <= fit; id++) line.send(callText(id, 'a'.repeat(KIB)))
    expect(read(await line.next())).toMatchObject(busy)
  })

  it('counts while it is half read, and the connection is ended, or the request refused', async () => {
    await using scene = await startScene()
    const { world } = scene
    const [first, second, other] = [
      await sessions(world),
      await sessions(world),
      await sessions(world, 'two'),
    ]
    const half = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","b":"${text}`
    first.socket.write(half)
    // It is there when what was said after it elsewhere is answered.
    let refused: unknown = null
    second.socket.write(half)
    for (const line of [first, second])
      line.next().then(
        (said) => {
          refused ??= read(said)
        },
        () => {},
      )
    while (refused === null) expect(await other.call('tools/list')).toHaveProperty('result')
    expect(refused).toMatchObject({ id: null, ...busy })
    const body = `Transfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n`
    const answer = await exchangeRaw(
      world.bridge.port,
      httpHead(world, body).replace(/\r\n$/, ''),
      1,
    )
    expect(answer.statuses).toEqual([503])
    expect(answer.text).toContain('bridge.busy')
    expect(await post(world, 'tools/list')).toMatchObject({ status: 200 })
    first.close()
    second.close()
  })
})

describe('what a client is answered', () => {
  it('counts while it is half read from a remote server, as one text or in events', async () => {
    await using scene = await startScene()
    const { world } = scene
    const [line, other] = [await sessions(world), await sessions(world, 'two')]
    const half = (response: ServerResponse, type: string) => {
      response.writeHead(200, { 'content-type': type })
      response.write(`${type === 'application/json' ? '' : 'data: '}{"jsonrpc":"2.0","id":`)
      response.write(`1,"result":{"text":"${large}`)
    }
    line.send(callText(1, 'a'.repeat(KIB)))
    const first = await scene.next()
    half(first.response, 'application/json')
    for (const [id, type] of ['application/json', 'text/event-stream'].entries()) {
      line.send(callText(id + 2, 'a'.repeat(KIB)))
      half((await scene.next()).response, type)
    }
    const answers = [read(await line.next()), read(await line.next())]
    for (const answer of answers) expect(answer).toMatchObject(busy)
    const theirs = other.call('tools/call', call(0, 'a'.repeat(KIB)).params)
    const waiting = await scene.next()
    json(waiting.response, waiting.id, `{"text":"${text}"}`)
    expect(await theirs).toMatchObject({ result: {} })
  })

  it.each(['application/json', 'text/event-stream'])(
    'counts while it is half read, also where many are short, as %s',
    async (type) => {
      await using scene = await startScene()
      const line = await sessions(scene.world)
      const told = line.next()
      // They are few enough to be asked, and each of them is shorter than what of a message does not count.
      for (let id = 1; id <= 50; id++) {
        line.send(callText(id, 'a'.repeat(KIB)))
        const { response } = await scene.next()
        response.writeHead(200, { 'content-type': type })
        response.write(type === 'application/json' ? '{' : 'data: {')
        response.write(' '.repeat(40 * KIB))
      }
      expect(read(await told)).toMatchObject(busy)
    },
  )

  it('counts while it is half read from a local server, which is ended', async () => {
    const script = `
      import { createInterface } from 'node:readline'
      const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
      const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
      createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method, params } = JSON.parse(line)
        if (method === 'initialize') return say({ id, result: opened })
        if (params?.name === 'x') return process.stdout.write('a'.repeat(${large.length}))
        if (id !== undefined) say({ id, result: {} })
      })`
    await using world = await startWorld({ s: localServer(script) }, undefined, undefined, {
      budget: createBudget(small),
    })
    const [first, second, other] = [
      await sessions(world),
      await sessions(world),
      await sessions(world, 'two'),
    ]
    const ended = Promise.race(
      [first, second].map((line) => line.call('tools/call', { name: 'x' })),
    )
    expect(await ended).toMatchObject(busy)
    expect(await other.call('tools/call', { name: 'y' })).toHaveProperty('result')
  })

  const bytes = 16 * MIB
  const budget = { each: bytes, asked: bytes, kept: MIB, all: 2 * bytes }
  /** More than the pipe itself holds. */
  const [most, less] = ['b'.repeat(10 * MIB), 'c'.repeat(9 * MIB)]
  /** The same in bytes, of which each character has three. */
  const [mostWide, lessWide] = ['字'.repeat((10 * MIB) / 3), '書'.repeat(3 * MIB)]

  it.each([
    ['', most, less],
    [' by its bytes', mostWide, lessWide],
  ])(
    'counts%s while it is unread on its sockets, and the one with most is cut off',
    async (_by, most, less) => {
      await using home = await testHome()
      const socket = path.join(home.path, 'one.sock')
      const cut = Promise.withResolvers<string>()
      const door = await openSocketDoor(socket, {
        share: createBudget(budget).of('one'),
        open: (_greeting, channel) => {
          let said = ''
          return {
            async receive(line) {
              said = line
              channel.reply(JSON.stringify(line === '"most"' ? most : less))
            },
            close: () => cut.resolve(said),
          }
        },
      })
      const [slow, quick] = [await openLine(socket, 's'), await openLine(socket, 's')]
      slow.send('"most"')
      // Its answer is on its way, so that it was counted.
      await once(slow.socket, 'readable')
      quick.send('"less"')
      expect(await cut.promise).toBe('"most"')
      expect(await quick.next()).toBe(JSON.stringify(less))
      quick.close()
      slow.close()
      await door.close()
    },
  )

  it.each([
    ['one text', false, most, less],
    ['events', true, most, less],
    ['one text of wide characters', false, mostWide, lessWide],
    ['events of wide characters', true, mostWide, lessWide],
  ])(
    'counts while it is unread at the token door as %s, and the one with most is cut off',
    async (_as, events, most, less) => {
      const share = createBudget(budget).of('one')
      const door = await openTokenDoor(0, {
        client: () => 'one',
        share: () => share,
        listen: () => 404,
        end: async () => 404,
        receive: async ({ text, reply }) => {
          const answer = JSON.stringify(text === '"m"' ? most : less)
          if (events) reply.send(answer)
          else reply.reply(answer)
        },
      })
      const ask = (text: string) => {
        const socket = connect({ port: door.port, host: '127.0.0.1' }).on('error', () => {})
        socket.write(
          `POST /mcp/s HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nAuthorization: Bearer b\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
        )
        return socket
      }
      const heard = async (socket: ReturnType<typeof ask>, enough: number) => {
        let count = 0
        for await (const chunk of socket) {
          count += chunk.length
          if (count >= enough) break
        }
        return count
      }
      const slow = ask('"m"')
      await once(slow, 'readable')
      const quick = ask('"l"')
      const [all, enough] = [Buffer.byteLength(most), Buffer.byteLength(less)]
      expect(await heard(quick, enough)).toBeGreaterThanOrEqual(enough)
      expect(await heard(slow, all)).toBeLessThan(all)
      await door.close()
    },
  )
})

describe('what is kept of a call whose client has the floor', () => {
  const asks = `(message, { send }) => {
    if (message.method === 'tools/call')
      send({ id: 'q' + message.id, method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } } })
  }`

  it('counts until it comes back', async () => {
    await using world = await startWorld({ s: sessionServer(asks) }, undefined, undefined, {
      budget: createBudget(small),
    })
    const line = await world.line('s')
    const said = filler.slice(0, filler.length / 2)
    const ask = async () => {
      line.send(textOf('tools/call', call(0, said).params, { capabilities: { elicitation: {} } }))
      return read(await line.next())
    }
    for (let count = 0; count < 2; count++)
      expect(await ask()).toMatchObject({ result: { resultType: 'input_required' } })
    expect(await ask()).toMatchObject(busy)
  })

  it('counts the question as well', async () => {
    const long = asks.replace("'Who?'", `'a'.repeat(${60 * KIB})`)
    await using world = await startWorld({ s: sessionServer(long) }, undefined, undefined, {
      budget: createBudget(small),
    })
    const line = await world.line('s')
    const params = call(0, null).params
    const refused = new Promise<unknown>((resolve) => {
      world.house.audit.events.on('appended', (rows) => {
        const row = rows.find(({ code }) => code === 'bridge.busy')
        if (row !== undefined) resolve(row.outcome)
      })
    })
    const ask = () => {
      line.send(textOf('tools/call', params, { capabilities: { elicitation: {} } }))
      return Promise.race([line.next().then(read), refused])
    }
    let said = await ask()
    for (let left = small.each / (60 * KIB); left > 0 && said !== 'error'; left--) {
      expect(said).toMatchObject({ result: { resultType: 'input_required' } })
      said = await ask()
    }
    expect(said).toBe('error')
  })

  it('counts the answer that asks, where the server has no sessions', async () => {
    const asking = {
      resultType: 'input_required',
      inputRequests: { q: { method: 'roots/list' } },
      _meta: { text },
    }
    const discovered = {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
    }
    await using remote = await startRemote((seen, response) => {
      if (seen.method !== 'POST') return response.writeHead(405).end()
      json(response, seen.id, JSON.stringify(seen.rpc === 'server/discover' ? discovered : asking))
    })
    await using world = await startWorld({ s: remoteServer(remote.url) }, undefined, undefined, {
      budget: createBudget(small),
    })
    const line = await sessions(world)
    const said: unknown[] = []
    for (let id = 0; id < small.each / text.length; id++) {
      line.send(callText(id))
      said.push(read(await line.next()))
    }
    expect(said[0]).toMatchObject({ method: 'roots/list' })
    expect(said.at(-1)).toMatchObject(busy)
    line.close()
  })
})

describe('what a client is subscribed to', () => {
  const agrees = '(message, { answer }) => answer({ asked: seen.length })'
  const local = sessionServer(agrees, { resources: { subscribe: true } })
  const servers = { own: local, shared: { ...local, instance: 'shared' } as ServerDefinition }
  const budget = { each: 64 * KIB, asked: 40 * KIB, kept: KIB, all: 256 * KIB }
  const uris = Array.from({ length: 16 }, (_, at) => `x://${String(at).repeat(2_000)}`)

  it.each(Object.keys(servers))(
    'counts over its sessions until they end, at a server of its %s',
    async (server) => {
      await using world = await startWorld(servers, undefined, undefined, {
        budget: createBudget(budget),
      })
      const opened = async (client: 'one' | 'two' = 'one') => {
        const line = await world.line(server, client)
        await line.open()
        return line
      }
      const fill = async (line: Line) => {
        const said = []
        for (const uri of uris) said.push(await line.call('resources/subscribe', { uri }))
        return said
      }
      const first = await fill(await opened())
      const fit = first.findIndex(({ error }) => error !== undefined)
      expect(fit).toBeGreaterThan(0)
      expect(first[fit]).toMatchObject(busy)
      const second = await opened()
      expect((await fill(second)).at(-1)).toMatchObject(busy)
      const other = await opened('two')
      expect((await fill(other)).slice(0, fit)).toEqual(
        Array(fit).fill(expect.objectContaining({ result: expect.anything() })),
      )
      await world.bridge.shutOut('one')
      await world.bridge.letIn('one')
      expect((await fill(await opened())).findIndex(({ error }) => error !== undefined)).toBe(fit)
    },
  )
})

it('what a client answers a server counts until the server has it', async () => {
  await using remote = await startRemote((seen, response) => {
    if (seen.rpc === 'initialize')
      return json(
        response,
        seen.id,
        '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"r","version":"1"}}',
        { 'mcp-session-id': 's' },
      )
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.rpc?.startsWith('notifications/')) return response.writeHead(202).end()
    if (seen.rpc === 'tools/call') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const id of [1, 2])
        response.write(`data: {"jsonrpc":"2.0","id":"q${id}","method":"roots/list"}\n\n`)
      return
    }
    if (seen.rpc !== null) return json(response, seen.id, '{}')
    // It never takes what it is answered.
    if (seen.body.includes('bridge.busy')) told.resolve(seen.body)
  })
  const told = Promise.withResolvers<string>()
  await using world = await startWorld({ s: remoteServer(remote.url) }, undefined, undefined, {
    budget: createBudget(small),
  })
  const line = await world.line('s')
  await line.call('initialize', opening)
  line.send(callText(1))
  for (let count = 0; count < 2; count++) {
    const { id } = read(await line.next())
    line.send(JSON.stringify({ jsonrpc: '2.0', id, result: { roots: [], said: filler } }))
  }
  expect(await told.promise).toContain('"id":"q2"')
  line.close()
})

it('nothing counts of what a server refused an opening with, however much that is', async () => {
  const closed = Promise.withResolvers<void>()
  await using remote = await startRemote(({ rpc }, response) => {
    if (rpc === 'initialize') response.once('close', closed.resolve)
    response.writeHead(400, { 'content-type': 'application/json' })
    // More than the system keeps of it.
    response.end(`{"much":"${'x'.repeat(32 * MIB)}"}`)
  })
  const budget = createBudget(small)
  // One that is asked for its era only after it has refused.
  const servers = { s: remoteServer(remote.url, 'oauth') }
  await using world = await startWorld(servers, undefined, undefined, { budget })
  world.tokens.set('s', 'a-token')
  const line = await world.line('s')
  expect(await line.call('initialize', opening)).toMatchObject({
    error: { data: { code: 'server.refused' } },
  })
  await closed.promise
  expect(budget.of('one').answers.take(small.each)).toBe(true)
  line.close()
})
