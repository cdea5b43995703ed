import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSocketDoor } from '../../../main/bridge/doors/sockets.ts'
import { openTokenDoor, type Patience, type TokenVisit } from '../../../main/bridge/doors/token.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { digestOf } from '../../../main/identity/clients.ts'
import { createBudget } from '../../../main/runtime/budget.ts'
import { testHome } from '../../harness/home.ts'
import { startListing } from '../aggregation/support/servers.ts'
import { post, textOf } from '../support/alone.ts'
import { exchangeRaw } from '../support/raw.ts'
import { json, startRemote, usual } from '../support/remote.ts'
import { sessionServer } from '../support/session-server.ts'
import { type Line, opening, openLine, remoteServer, startWorld } from '../support/world.ts'

/** The rows of docs/limits.md that no other test is about. */

const call = (id: number, filler = '') =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"x","arguments":{"a":"${filler}"}}}`

async function startScene() {
  const remote = await startRemote(
    usual(({ id, rpc }, response) => rpc !== 'tools/call' && json(response, id, '{}')),
  )
  const world = await startWorld({ s: remoteServer(remote.url) })
  return {
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

it('so many calls of one session wait, one more is refused, and another session has its own', async () => {
  await using scene = await startScene()
  const [line, other] = [await scene.world.line('s'), await scene.world.line('s')]
  await Promise.all([line.open(), other.open()])
  for (let id = 0; id <= limits.inFlight; id++) line.send(call(id))
  const refused = JSON.parse((await line.next()) ?? '')
  expect(refused).toMatchObject({ error: { data: { code: 'bridge.busy' } } })
  // What tells the server that the opening is done may still be under way, and counts.
  expect([limits.inFlight - 1, limits.inFlight]).toContain(refused.id)
  expect(await other.call('resources/list')).toHaveProperty('result')
  line.close()
  other.close()
})

it('of the notifications that find no room the audit tells, once for a session', async () => {
  await using scene = await startScene()
  const { house } = scene.world
  const line = await scene.world.line('s')
  await line.open()
  const recorded = new Promise<void>((resolve) => {
    house.audit.events.on('appended', (rows) => {
      if (rows.some(({ code }) => code === 'bridge.busy')) resolve()
    })
  })
  for (let id = 0; id < limits.inFlight; id++) line.send(call(id))
  for (let count = 0; count < 3; count++)
    line.send('{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}')
  line.send(call(limits.inFlight))
  expect(await line.next()).toContain('"code":"bridge.busy"')
  await recorded
  const rows = house.rows().filter(({ method }) => method === 'notifications/roots/list_changed')
  expect(rows.map(({ phase, outcome, code }) => [phase, outcome, code])).toEqual([
    ['intent', null, null],
    ['outcome', 'error', 'bridge.busy'],
  ])
  line.close()
})

it('so many bytes of one session wait, and what is more is refused', async () => {
  await using scene = await startScene()
  const line = await scene.world.line('s')
  await line.open()
  const filler = 'a'.repeat(limits.messageBytes - 1024)
  const fit = Math.floor(limits.inFlightBytes / filler.length)
  for (let id = 0; id <= fit; id++) line.send(call(id, filler))
  expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
    id: fit,
    error: { data: { code: 'bridge.busy' } },
  })
  line.close()
})

describe('what a client says of itself may be so long', () => {
  const long = 'x'.repeat(limits.openingBytes)

  it.each([['s'], [undefined]])('where it opens a session (%s)', async (server) => {
    await using scene = await startScene()
    const { world } = scene
    const line = await openLine(world.bridge.sockets().one ?? '', server)
    if (server === undefined) line.send('{"warder":1}')
    expect(await line.call('initialize', { ...opening, clientInfo: { name: long } })).toMatchObject(
      { error: { data: { code: 'bridge.too_large' } } },
    )
    expect(await line.call('initialize', opening)).toHaveProperty('result')
    line.close()
  })

  it.each([['s'], [null]])('where its requests stand alone (%s)', async (server) => {
    await using scene = await startScene()
    const refused = await post(
      scene.world,
      'tools/list',
      {},
      { server, capabilities: { experimental: { long } } },
    )
    expect([refused.status, refused.answer.error?.code]).toEqual([400, -32602])
    expect((await post(scene.world, 'tools/list', {}, { server })).status).toBe(200)
  })
})

describe('of a client that has all servers', () => {
  const ways = {
    'opens sessions': (id: number, filler: string) => ({ jsonrpc: '2.0', id, ...read(filler) }),
    'stands alone': (id: number, filler: string) => {
      const { method, params } = read(filler)
      return JSON.parse(textOf(method, params, { id }))
    },
  }
  const read = (filler: string) => ({
    method: 'resources/read',
    params: { uri: 'x:nobody', filler },
  })
  const eras = Object.entries(ways)

  /** Nobody can say whose resource it is before this server has listed its own. */
  const silent = () =>
    startListing({
      resources: [],
      before: ({ rpc }) => (rpc === 'resources/list' ? new Promise(() => {}) : undefined),
    })

  it.each(eras)('and %s so many requests wait, one more is refused', async (_era, text) => {
    await using remote = await silent()
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await openLine(world.bridge.sockets().one ?? '', undefined)
    line.send('{"warder":1}')
    await line.open()
    for (let id = 0; id <= limits.inFlight; id++) line.send(JSON.stringify(text(id, '')))
    expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
      id: limits.inFlight,
      error: { data: { code: 'bridge.busy' } },
    })
    line.close()
  })

  it.each(eras)('and %s so many bytes wait, and what is more is refused', async (_era, text) => {
    await using remote = await silent()
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await openLine(world.bridge.sockets().one ?? '', undefined)
    line.send('{"warder":1}')
    await line.open()
    const filler = 'a'.repeat(limits.messageBytes - 1024)
    const fit = Math.floor(limits.inFlightBytes / filler.length)
    for (let id = 0; id <= fit; id++) line.send(JSON.stringify(text(id, filler)))
    expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
      id: fit,
      error: { data: { code: 'bridge.busy' } },
    })
    line.close()
  })
})

it('so many connections has the socket of one client, and another client has its own', async () => {
  await using scene = await startScene()
  const lines: Line[] = []
  for (let count = 0; count < limits.connectionsPerClient; count++)
    lines.push(await scene.world.line('s'))
  await lines.at(-1)?.open()
  const more = await scene.world.line(undefined)
  expect(await more.next()).toBeNull()
  const other = await scene.world.line('s', 'two')
  await other.open()
  for (const line of [...lines, other]) line.close()
})

const MIB = 1024 * 1024
/** One more than may wait, and what the pipe itself holds on top. */
const TOO_MANY = limits.outgoingBytes / MIB + 8
const piece = JSON.stringify('a'.repeat(MIB))

describe('a client that does not read is cut off', () => {
  it('on its socket', async () => {
    await using home = await testHome()
    const gone = Promise.withResolvers<void>()
    const socket = path.join(home.path, 'one.sock')
    const door = await openSocketDoor(socket, {
      share: createBudget(limits.budget).of('one'),
      open: (_greeting, channel) => ({
        async receive() {
          for (let count = 0; count < TOO_MANY; count++) channel.send(piece)
          channel.send('"all of it"')
        },
        close: gone.resolve,
      }),
    })
    const line = await openLine(socket, 's')
    line.send('"speak"')
    await gone.promise
    let heard = 0
    for (let text = await line.next(); text !== null; text = await line.next()) heard++
    expect(heard).toBeLessThan(TOO_MANY)
    await door.close()
  })

  it('at the token door', async () => {
    const gone = Promise.withResolvers<void>()
    const door = await openTokenDoor(
      0,
      visitThat(async ({ reply }) => {
        reply.leaving?.().addEventListener('abort', () => gone.resolve())
        for (let count = 0; count < TOO_MANY; count++) reply.send(piece)
        reply.reply('"all of it"')
      }),
    )
    const socket = connect({ port: door.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.write(`${head(door.port, 2)}{}`)
    await gone.promise
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk.slice(-100)
    })
    await once(socket, 'close')
    expect(text).not.toContain('all of it')
    await door.close()
  })
})

const visitThat = (receive: TokenVisit['receive']): TokenVisit => ({
  share: createBudget(limits.budget).of,
  client: (digest) => (digest === digestOf('b') ? 'one' : null),
  receive,
  listen: () => 404,
  end: async () => 404,
})

const head = (port: number, length: number) =>
  `POST /mcp/s HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer b\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

it('so many connections has the token door in all, and the next one gets nothing', async () => {
  let waiting = 0
  let all = Promise.withResolvers<void>()
  const door = await openTokenDoor(
    0,
    visitThat(async () => {
      if (++waiting % 64 === 0) all.resolve()
      await new Promise(() => {})
    }),
  )
  const sockets: Socket[] = []
  // Each of them has shown its bearer before the next ones come, so that none of them is a stranger.
  while (sockets.length < limits.httpConnections) {
    all = Promise.withResolvers()
    for (let count = 0; count < 64; count++) {
      const socket = connect({ port: door.port, host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.write(`${head(door.port, 2)}{}`)
      sockets.push(socket)
    }
    await all.promise
  }
  expect(waiting).toBe(limits.httpConnections)
  const more = await exchangeRaw(door.port, `${head(door.port, 2)}{}`, 1)
  expect(more.text).toBe('')
  expect(waiting).toBe(limits.httpConnections)
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([])
  for (const socket of sockets) socket.destroy()
  await door.close()
})

describe('a request that does not get done is ended', () => {
  const never = 60 * 60_000

  it.each<[string, Omit<Patience, 'everyMs'>, (port: number) => string]>([
    [
      'in its header fields',
      { fieldsMs: 100, requestMs: never },
      (port) => head(port, 2).slice(0, -2),
    ],
    ['in its body', { fieldsMs: 100, requestMs: 100 }, (port) => `${head(port, 2)}{`],
  ])('%s', async (_where, times, begun) => {
    const door = await openTokenDoor(
      0,
      visitThat(async ({ reply }) => reply.accepted()),
      { ...times, everyMs: 10 },
    )
    const { statuses } = await exchangeRaw(door.port, begun(door.port))
    expect(statuses).toEqual([408])
    await door.close()
  })

  it('after as long as the page of limits says', () => {
    expect([limits.fieldsMs, limits.requestMs]).toEqual([10_000, 30_000])
  })
})

it('so many requests of a server wait for its client, so long, and the next one is refused to the server', async () => {
  await using world = await startWorld({
    s: sessionServer(
      `(message, { send, answer }) => {
        if (message.method === 'tools/call')
          for (let id = 0; id <= ${limits.inFlight}; id++) send({ id, method: 'roots/list' })
        // Its word for whom it was refused to.
        else if (message.error) send({ method: 'notifications/message', params: { data: message } })
        else if (message.method !== undefined && message.id !== undefined) answer({})
      }`,
    ),
  })
  const line = await world.line('s')
  await line.open()
  line.send(call(1))
  const heard: Record<string, unknown>[] = []
  for (let count = 0; count <= limits.inFlight; count++)
    heard.push(JSON.parse((await line.next()) ?? ''))
  const refused = heard.filter(({ method }) => method === 'notifications/message')
  expect(refused).toMatchObject([
    { params: { data: { id: limits.inFlight, error: { data: { code: 'bridge.busy' } } } } },
  ])
  expect(heard.filter(({ method }) => method === 'roots/list')).toHaveLength(limits.inFlight)

  world.pass(limits.callMs)
  const codes: unknown[] = []
  while (codes.length < limits.inFlight) {
    const { method, params } = JSON.parse((await line.next()) ?? '')
    if (method === 'notifications/message') codes.push(params.data.error.data.code)
  }
  expect(new Set(codes)).toEqual(new Set(['bridge.client_away']))
  line.send(call(2))
  expect(JSON.parse((await line.next()) ?? '')).toMatchObject({ method: 'roots/list' })
  line.close()
})
