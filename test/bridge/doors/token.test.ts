import { once } from 'node:events'
import http from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTokenDoor } from '../../../main/bridge/doors/token.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { digestOf } from '../../../main/identity/clients.ts'
import { createBudget } from '../../../main/runtime/budget.ts'
import { exchangeRaw } from '../support/raw.ts'
import { json, type Remote, startRemote, usual } from '../support/remote.ts'
import { remoteServer, startWorld, type World } from '../support/world.ts'

let remote: Remote
let world: World
let session: string

beforeAll(async () => {
  remote = await startRemote(usual(({ id }, response) => json(response, id, '{"content":[]}')))
  world = await startWorld({ s: remoteServer(remote.url), t: remoteServer(remote.url) })
  const { text } = await send({ body: initialize, session: null })
  session = /^mcp-session-id: (.*)$/im.exec(text)?.[1]?.trim() ?? ''
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await remote[Symbol.asyncDispose]()
})

const initialize = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'
const call = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"x"}}'

interface Wish {
  start?: string
  host?: string | null
  bearer?: string | null
  type?: string | null
  session?: string | null
  headers?: string[]
  body?: string | Buffer
  length?: number | null
}

function bytesOf(wish: Wish): Buffer {
  const { host, bearer, type, body = call } = wish
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body)
  const line = (name: string, value: string | number | null) =>
    value === null ? [] : [`${name}: ${value}`]
  const id = wish.session === undefined ? session : wish.session
  const head = [
    wish.start ?? 'POST /mcp/s HTTP/1.1',
    ...line('Host', host === undefined ? `127.0.0.1:${world.bridge.port}` : host),
    ...line('Authorization', bearer === undefined ? `Bearer ${world.bearers.one}` : bearer),
    ...line('Content-Type', type === undefined ? 'application/json' : type),
    ...line('Mcp-Session-Id', id),
    ...line('Content-Length', wish.length === undefined ? bytes.length : wish.length),
    ...(wish.headers ?? []),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
}

const send = (wish: Wish) => exchangeRaw(world.bridge.port, bytesOf(wish), 1)

async function statusOf(wish: Wish): Promise<number | undefined> {
  const before = remote.of('tools/call').length
  const { statuses } = await send(wish)
  const reached = remote.of('tools/call').length > before
  if (reached !== (statuses[0] === 200)) throw new Error('a refused message reached the server')
  return statuses[0]
}

describe('the token door', () => {
  it('lets a right request through', async () => {
    expect(await statusOf({})).toBe(200)
    expect(await statusOf({ host: `localhost:${world.bridge.port}` })).toBe(200)
    expect(await statusOf({ type: 'application/json; charset=utf-8' })).toBe(200)
    expect(await statusOf({ headers: ['MCP-Protocol-Version: 2025-06-18'] })).toBe(200)
  })

  it.each([
    ['another host', { host: 'evil.example' }, 421],
    ['the right host without the port', { host: '127.0.0.1' }, 421],
    ['another port', { host: '127.0.0.1:1' }, 421],
    ['another name of this machine', { host: '[::1]:80' }, 421],
    ['no host', { host: null }, 400],
    ['two hosts', { headers: ['Host: 127.0.0.1'] }, 400],
    ['an origin', { headers: ['Origin: http://localhost'] }, 403],
    ['the null origin', { headers: ['Origin: null'] }, 403],
    ['a page of the same site', { headers: ['Sec-Fetch-Site: same-site'] }, 403],
    ['a page that any site opened', { headers: ['Sec-Fetch-Site: cross-site'] }, 403],
    ['HTTP/1.0', { start: 'POST /mcp/s HTTP/1.0' }, 505],
    ['no bearer', { bearer: null }, 401],
    ['a wrong bearer', { bearer: 'Bearer wdr_nobody' }, 401],
    ['a bearer that is none', { bearer: 'Basic eDp5' }, 401],
    ['two bearers', { headers: ['Authorization: Bearer x'] }, 400],
    ['a form', { type: 'application/x-www-form-urlencoded' }, 415],
    ['text', { type: 'text/plain' }, 415],
    ['no type', { type: null }, 415],
    ['two types', { headers: ['Content-Type: application/json'] }, 400],
    ['another charset', { type: 'application/json; charset=utf-16' }, 415],
    ['a compressed body', { headers: ['Content-Encoding: gzip'] }, 415],
    ['GET', { start: 'GET /mcp/s HTTP/1.1', session: null, body: '', length: null }, 405],
    ['DELETE', { start: 'DELETE /mcp/s HTTP/1.1', session: null, body: '', length: null }, 405],
    ['PUT', { start: 'PUT /mcp/s HTTP/1.1', body: '', length: null }, 405],
    ['OPTIONS', { start: 'OPTIONS /mcp/s HTTP/1.1', body: '', length: null }, 405],
    ['no server', { start: 'POST /mcp HTTP/1.1' }, 404],
    ['a query', { start: 'POST /mcp/s?x=1 HTTP/1.1' }, 404],
    ['a longer path', { start: 'POST /mcp/s/ HTTP/1.1' }, 404],
    ['dots', { start: 'POST /mcp/../mcp/s HTTP/1.1' }, 404],
    ['an encoded path', { start: 'POST /mcp/%73 HTTP/1.1' }, 404],
    ['an absolute address', { start: 'POST http://127.0.0.1/mcp/s HTTP/1.1' }, 404],
    ['no UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, 400],
    ['no JSON', { body: 'oops' }, 400],
    ['a batch', { body: `[${call}]` }, 400],
    ['the same name twice', { body: call.replace('"id":2', '"id":2,"id":3') }, 400],
    ['another revision', { headers: ['MCP-Protocol-Version: 2026-07-28'] }, 400],
    [
      'two revisions',
      { headers: ['MCP-Protocol-Version: 2025-11-25', 'MCP-Protocol-Version: x'] },
      400,
    ],
    ['a call without a session', { session: null }, 400],
    ['a session that never was', { session: 'nobody' }, 404],
    ['two sessions', { headers: ['Mcp-Session-Id: x'] }, 400],
    ['more than a message may be', { body: '', length: limits.messageBytes + 1 }, 413],
  ] as [string, Wish, number][])('refuses %s', async (_name, wish, status) => {
    expect(await statusOf(wish)).toBe(status)
  })

  it('does not know the session of another client, nor that of another server', async () => {
    expect(await statusOf({ bearer: `Bearer ${world.bearers.two}` })).toBe(404)
    expect(await statusOf({ start: 'POST /mcp/t HTTP/1.1' })).toBe(404)
    expect(await statusOf({})).toBe(200)
  })

  it.each([
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp/s',
    '/.well-known/oauth-authorization-server/mcp/s',
    '/mcp/s/.well-known/openid-configuration',
    '/.well-known/openid-configuration?x=1',
  ])('has nothing at %s, asked by anybody', async (path) => {
    const wish = { start: `GET ${path} HTTP/1.1`, bearer: null, type: null, body: '', length: null }
    expect((await send(wish)).statuses).toEqual([404])
  })

  it('says nothing that a page of another origin could read', async () => {
    const { text } = await send({
      start: 'OPTIONS /mcp/s HTTP/1.1',
      headers: ['Origin: https://evil.example', 'Access-Control-Request-Method: POST'],
      body: '',
      length: null,
    })
    expect(text).not.toMatch(/access-control/i)
  })

  it('refuses a body that grows too long, and says so', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a')
    const count = limits.messageBytes / piece.length + 1
    const chunk = Buffer.concat([
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from('\r\n'),
    ])
    const head = bytesOf({ body: '', length: null, headers: ['Transfer-Encoding: chunked'] })
    const answer = await exchangeRaw(
      world.bridge.port,
      [head, ...Array.from({ length: count }, () => chunk), '0\r\n\r\n'],
      1,
    )
    expect(answer.statuses).toEqual([413])
  })

  it.each(['announced', 'in chunks'])(
    'is read by a client that pours all of a body, %s, before it looks at the answer',
    async (how) => {
      const body = Buffer.alloc(limits.messageBytes + 4 * 1024 * 1024, 'a')
      const wish: Wish =
        how === 'announced'
          ? { body: '', length: body.length }
          : { body: '', length: null, headers: ['Transfer-Encoding: chunked'] }
      const socket = connect({ port: world.bridge.port, host: '127.0.0.1' }).pause()
      const broken: Error[] = []
      socket.on('error', (error) => void broken.push(error))
      socket.write(bytesOf(wish))
      const written = Promise.withResolvers<void>()
      if (how === 'in chunks') socket.write(`${body.length.toString(16)}\r\n`)
      socket.write(body, () => written.resolve())
      await written.promise
      const answer = once(socket, 'data')
      socket.resume()
      expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 413 /)
      expect(broken).toEqual([])
      socket.destroy()
    },
  )

  it.each([
    ['two lengths', ['Content-Length: 5']],
    ['a length and chunks', ['Transfer-Encoding: chunked']],
    ['a folded header', ['X-A: 1', ' b']],
    ['a space before the colon', ['X-A : 1']],
  ])('refuses %s', async (_name, headers) => {
    expect((await send({ headers })).statuses[0]).toBe(400)
  })

  it('answers what is sent behind one another in order, each judged on its own', async () => {
    const bytes = [
      bytesOf({}),
      bytesOf({ bearer: 'Bearer wdr_nobody' }),
      bytesOf({ body: call.replace('"id":2', '"id":"last"'), headers: ['Connection: close'] }),
    ]
    const { statuses, text } = await exchangeRaw(world.bridge.port, bytes)
    expect(statuses).toEqual([200, 401, 200])
    expect(text.indexOf('"id":2')).toBeLessThan(text.indexOf('"id":"last"'))
  })

  it('waits for a body that comes slowly', async () => {
    const whole = bytesOf({})
    const parts = Array.from(whole, (_, at) => whole.subarray(at, at + 1))
    expect((await exchangeRaw(world.bridge.port, parts, 1)).statuses).toEqual([200])
  })

  it.each(['websocket', 'h2c'])('ends an upgrade to %s', async (protocol) => {
    const before = remote.seen.length
    const { text } = await send({ headers: ['Connection: Upgrade', `Upgrade: ${protocol}`] })
    expect(text).toBe('')
    expect(remote.seen).toHaveLength(before)
  })

  it('takes notifications and answers with 202 and no body', async () => {
    for (const body of [
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
      '{"jsonrpc":"2.0","id":"nobody-asked","result":{}}',
    ]) {
      const { text } = await send({ body })
      expect(text).toMatch(/^HTTP\/1\.1 202 /)
      expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toMatch(/^(?:0\r\n\r\n)?$/)
    }
  })
})

it('asks who somebody is with each request of a connection, whatever came on it before', async () => {
  const known = new Map([
    [digestOf('a'), 'one'],
    [digestOf('b'), 'two'],
  ])
  const served: string[] = []
  const door = await openTokenDoor(0, {
    client: (digest) => known.get(digest) ?? null,
    share: createBudget(limits.budget).of,
    async receive({ client, reply }) {
      // Its bearer is void from then on.
      if (served.push(client) === 4) known.delete(digestOf('a'))
      reply.reply('{}')
    },
    listen: () => 404,
    end: async () => 404,
  })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const sockets = new Set<unknown>()
  const shows = async (authorization: string) => {
    const headers = { authorization, 'content-type': 'application/json' }
    const to = { host: '127.0.0.1', port: door.port, path: '/mcp', method: 'POST', headers, agent }
    const request = http.request(to).end('{}')
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
    sockets.add(answer.socket)
    await once(answer.resume(), 'end')
    return answer.statusCode
  }
  const statuses: unknown[] = []
  for (const shown of [
    'Bearer a',
    'Bearer b',
    'Bearer b',
    'Bearer c',
    'Basic a',
    'Bearer a',
    'Bearer a',
  ])
    statuses.push(await shows(shown))
  expect(sockets.size).toBe(1)
  expect(statuses).toEqual([200, 200, 200, 401, 401, 200, 401])
  expect(served).toEqual(['one', 'two', 'two', 'one'])
  agent.destroy()
  await door.close()
})

it('shuts a client out of its sessions, also when it comes back under the same name', async () => {
  await using other = await startWorld({ s: remoteServer(remote.url) })
  const post = (body: string, id?: string) =>
    fetch(`${other.base}/mcp/s`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${other.bearers.one}`,
        'content-type': 'application/json',
        ...(id === undefined ? {} : { 'mcp-session-id': id }),
      },
      body,
    })
  const id = (await post(initialize)).headers.get('mcp-session-id') ?? ''
  expect((await post(call, id)).status).toBe(200)
  await other.bridge.shutOut('one')
  await other.bridge.letIn('one')
  expect((await post(call, id)).status).toBe(404)
})
