import type { ServerResponse } from 'node:http'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { connectHttp } from '../../../main/bridge/upstream/http.ts'
import type { Credential, LinkHost } from '../../../main/bridge/upstream/upstream.ts'
import type { BoundToken } from '../../../main/oauth/dpop.ts'
import { type Answer, json, opened, startRemote, usual } from '../support/remote.ts'
import { remoteServer, startWorld, type World } from '../support/world.ts'

const call = { name: 'work' }
const PUBLIC: Credential = {
  server: { name: 's', definition: remoteServer('http://127.0.0.1:1') },
  headers: {},
  environment: null,
  account: null,
  accounts: [],
  grants: [],
}
const answerOf = (id: string, text = 'done') =>
  `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${text}"}]}}`

function events(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}

async function opening(answer: Answer) {
  const remote = await startRemote(answer)
  const world: World = await startWorld({ s: remoteServer(remote.url, 'oauth') })
  world.tokens.set('s', 'the-access-token')
  const line = await world.line('s')
  await line.open()
  return {
    remote,
    world,
    line,
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

const onCall = (answer: Answer): Answer =>
  usual((seen, response) =>
    seen.rpc === 'tools/call' ? answer(seen, response) : json(response, seen.id, '{}'),
  )

describe('what a remote server gets', () => {
  it('is the credential, session and revision of that moment, whatever went with the message before', async () => {
    let result = '{}'
    let own: Record<string, string> = {}
    await using remote = await startRemote(({ id, method }, response) =>
      method === 'POST' ? json(response, id, result, own) : response.writeHead(405).end(),
    )
    const dispatcher = new Agent()
    const host: LinkHost = {
      onMessage() {},
      onClosed() {},
      check() {},
      credential: () => Promise.reject(new Error('nobody listens')),
      subscribed: new Set(),
    }
    const upstream = connectHttp({ url: remote.url, dispatcher, host })
    const { signal } = new AbortController()
    let count = 0
    const textOf = (id: unknown) => JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call' })
    async function sent(headers: Readonly<Record<string, string>>): Promise<string[]> {
      const id = ++count
      await upstream.request(textOf(id), `${id}`, { ...PUBLIC, headers }, signal)
      const seen = remote.seen.at(-1)?.headers ?? {}
      const names = ['authorization', 'x-a', 'x-b', 'mcp-session-id', 'mcp-protocol-version']
      return names.flatMap((name) => (seen[name] === undefined ? [] : [`${name}: ${seen[name]}`]))
    }
    expect(await sent({})).toEqual([])
    expect(await sent({ authorization: 'Bearer a' })).toEqual(['authorization: Bearer a'])
    expect(await sent({ authorization: 'Bearer b' })).toEqual(['authorization: Bearer b'])
    expect(await sent({ authorization: 'Bearer b' })).toEqual(['authorization: Bearer b'])
    expect(await sent({ authorization: 'Bearer b', 'x-a': '1' })).toEqual([
      'authorization: Bearer b',
      'x-a: 1',
    ])
    expect(await sent({ authorization: 'Bearer b' })).toEqual(['authorization: Bearer b'])
    expect(await sent({ 'x-a': '1' })).toEqual(['x-a: 1'])
    expect(await sent({ 'x-b': '1' })).toEqual(['x-b: 1'])
    own = { 'mcp-session-id': 'session-1' }
    expect(await sent({})).toEqual([])
    expect(await sent({})).toEqual(['mcp-session-id: session-1'])
    result = opened
    expect(await sent({})).toEqual(['mcp-session-id: session-1'])
    expect(await sent({})).toEqual([
      'mcp-session-id: session-1',
      'mcp-protocol-version: 2025-11-25',
    ])
    const proof: BoundToken = {
      headers: async (method, at) => ({ authorization: 'DPoP t', dpop: `${method} ${at}` }),
      answered: () => null,
    }
    await upstream.request(textOf('bound'), '"bound"', { ...PUBLIC, proof }, signal)
    expect(remote.seen.at(-1)?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: 'DPoP t',
      dpop: `POST ${remote.url}`,
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-11-25',
    })
    await upstream.close(null)
    await dispatcher.close()
  })

  it('has in its query what the definition names, each time, and whatever the URL said before', async () => {
    for (const [query, wanted] of [
      ['', '/mcp?api_key=a%26b%3D1'],
      ['?team=x%2Fy', '/mcp?team=x%2Fy&api_key=a%26b%3D1'],
    ]) {
      await using remote = await startRemote(onCall(({ id }, response) => json(response, id, '{}')))
      {
        await using world = await startWorld(
          { s: { url: remote.url + query, auth: 'header', query: { api_key: 'secret:k' } } },
          undefined,
          { k: 'a&b=1' },
        )
        const line = await world.line('s')
        await line.open()
        await line.call('tools/call', call)
        line.close()
      }
      expect(new Set(remote.seen.map(({ path }) => path))).toEqual(new Set([wanted]))
      expect(remote.seen.map(({ method }) => method)).toContain('DELETE')
    }
  })

  it('holds our headers and none of the client', async () => {
    await using scene = await opening(onCall(({ id }, response) => json(response, id, '{}')))
    await scene.line.call('tools/call', call)
    const [first] = scene.remote.of('initialize')
    const [sent] = scene.remote.of('tools/call')
    expect(first?.headers['mcp-session-id']).toBeUndefined()
    expect(first?.headers['mcp-protocol-version']).toBeUndefined()
    expect(sent?.headers).toMatchObject({
      authorization: 'Bearer the-access-token',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-11-25',
    })
    expect(Object.keys(sent?.headers ?? {}).sort()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'mcp-protocol-version',
      'mcp-session-id',
    ])
  })

  it('ends with a goodbye, without one when the account was revoked', async () => {
    for (const revoked of [false, true]) {
      const scene = await opening(onCall(({ id }, response) => json(response, id, '{}')))
      if (revoked) await scene.world.bridge.cutGrant('grant-s')
      await scene.world.bridge.shutOut('one')
      const goodbyes = scene.remote.seen.filter(({ method }) => method === 'DELETE')
      expect(goodbyes.map(({ headers }) => headers['mcp-session-id'])).toEqual(
        revoked ? [] : ['session-1'],
      )
      await scene[Symbol.asyncDispose]()
    }
  })

  it('sends requests after it has taken notifications/initialized', async () => {
    const order: string[] = []
    const taken = Promise.withResolvers<void>()
    await using remote = await startRemote(async (seen, response) => {
      if (seen.method !== 'POST') return response.writeHead(405).end()
      if (seen.rpc === 'server/discover') return response.writeHead(400).end()
      order.push(`${seen.rpc}`)
      if (seen.rpc === 'initialize') return json(response, seen.id, opened)
      if (seen.rpc !== 'notifications/initialized') return json(response, seen.id, '{}')
      await taken.promise
      order.push('taken')
      response.writeHead(202).end()
    })
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    await line.call('initialize', {})
    line.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    const answer = line.call('tools/list')
    taken.resolve()
    expect(await answer).toMatchObject({ result: {} })
    expect(order).toEqual(['initialize', 'notifications/initialized', 'taken', 'tools/list'])
    line.close()
  })
})

describe('a stream of events', () => {
  it('is read across chunks that split a character, with comments and CRLF', async () => {
    await using scene = await opening(
      onCall(({ id }, response) => {
        const bytes = Buffer.from(
          `: hello\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: ${answerOf(id, '€😀')}\r\n\r\n`,
        )
        events(response)
        const write = (at: number): void => {
          if (at >= bytes.length) return void response.end()
          response.write(bytes.subarray(at, at + 1), () => setImmediate(write, at + 1))
        }
        write(0)
      }),
    )
    const { result } = await scene.line.call('tools/call', call)
    expect(result).toEqual({ content: [{ type: 'text', text: '€😀' }] })
  })

  it('gives its messages in order, before the answer', async () => {
    await using scene = await opening(
      onCall(({ id }, response) => {
        const progress = [1, 2, 3].map(
          (n) =>
            `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":${n}}}\n\n`,
        )
        events(response).end(`${progress.join('')}data: ${answerOf(id)}\n\n`)
      }),
    )
    scene.line.send('{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"work"}}')
    const got = [1, 2, 3, 4].map(async () => JSON.parse((await scene.line.next()) ?? 'null'))
    const [a, b, c, d] = await Promise.all(got)
    expect([a, b, c].map(({ params }) => params.progress)).toEqual([1, 2, 3])
    expect(d.id).toBe(9)
  })

  it('that ends before the answer is taken up again where it stopped, and the call is not', async () => {
    await using scene = await opening((seen, response) => {
      if (seen.method === 'GET' && seen.headers['last-event-id'] === 'e-1') {
        const [asked] = scene.remote.of('tools/call')
        return events(response).end(`id: e-2\ndata: ${answerOf(asked?.id ?? '')}\n\n`)
      }
      return onCall((_seen, call) => events(call).end('id: e-1\nretry: 1\ndata:\n\n'))(
        seen,
        response,
      )
    })
    const answer = await scene.line.call('tools/call', call)
    expect(answer).toMatchObject({ result: { content: [{ text: 'done' }] } })
    expect(scene.remote.of('tools/call')).toHaveLength(1)
  })

  it('that ends for good before the answer is an error', async () => {
    await using scene = await opening(
      onCall((_seen, response) => events(response).end('data:\n\n')),
    )
    const answer = await scene.line.call('tools/call', call)
    expect(answer).toMatchObject({ error: { data: { code: 'server.unreachable' } } })
  })

  it('the server says unasked comes by GET, and comes back after its end', async () => {
    let streams = 0
    const ids: unknown[] = []
    const scene = await opening((seen, response) => {
      if (seen.method !== 'GET') return onCall(() => response.end())(seen, response)
      ids.push(seen.headers['last-event-id'])
      streams++
      const note = `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${streams}}}`
      events(response).write(`id: n-${streams}\nretry: 1\ndata: ${note}\n\n`)
      if (streams < 3) response.end()
    })
    for (const n of [1, 2, 3])
      expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({ params: { data: n } })
    expect(ids).toEqual([undefined, 'n-1', 'n-2'])
    await scene[Symbol.asyncDispose]()
  })

  const note = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}\n\n'

  it.each([500, 403, 429])(
    'the server says unasked is asked for again after %d',
    async (status) => {
      let streams = 0
      await using scene = await opening((seen, response) => {
        if (seen.method !== 'GET') return onCall(() => response.end())(seen, response)
        if (++streams === 1) response.writeHead(status).end()
        else events(response).write(note)
      })
      expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({ params: { data: 1 } })
    },
  )

  it('the server says unasked is asked for with a renewed credential', async () => {
    const bearers: unknown[] = []
    await using scene = await opening((seen, response) => {
      if (seen.method !== 'GET')
        return onCall((_seen, answer) => json(answer, seen.id, '{}'))(seen, response)
      bearers.push(seen.headers.authorization)
      if (seen.headers.authorization !== 'Bearer renewed') response.writeHead(401).end()
      else events(response).write(note)
    })
    scene.world.renewed = async () => 'renewed'
    // The first answer may have come before there was something to renew.
    await scene.line.call('tools/call', call)
    expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({ params: { data: 1 } })
    expect(bearers.at(-1)).toBe('Bearer renewed')
  })

  it('the server does not say unasked (405) is asked for once', async () => {
    await using scene = await opening(onCall(({ id }, response) => json(response, id, '{}')))
    for (const _ of [1, 2]) await scene.line.call('tools/call', call)
    expect(scene.remote.seen.filter(({ method }) => method === 'GET')).toHaveLength(1)
  })
})

describe('an answer that is none', () => {
  const type = { 'content-type': 'application/json' }
  it.each<[string, string, (response: ServerResponse, id: string) => unknown]>([
    [
      'another type',
      'server.protocol',
      (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    ],
    ['202', 'server.protocol', (r) => r.writeHead(202).end()],
    ['another id', 'server.protocol', (r) => r.writeHead(200, type).end(answerOf('"x"'))],
    ['a batch', 'server.protocol', (r, id) => r.writeHead(200, type).end(`[${answerOf(id)}]`)],
    ['no JSON', 'server.protocol', (r) => r.writeHead(200, type).end('oops')],
    [
      'two ids',
      'server.protocol',
      (r, id) => r.writeHead(200, type).end(answerOf(id).replace('{', `{"id":${id},`)),
    ],
    [
      'no UTF-8',
      'server.protocol',
      (r) => r.writeHead(200, type).end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    [
      'no UTF-8 in a stream',
      'server.protocol',
      (r) => events(r).end(Buffer.from('data: \xff\n\n', 'latin1')),
    ],
    ['no JSON in a stream', 'server.protocol', (r) => events(r).end('data: oops\n\n')],
    ['405', 'server.refused', (r) => r.writeHead(405).end()],
    ['403', 'server.refused', (r) => r.writeHead(403).end()],
    [
      'a redirect',
      'server.refused',
      (r) => r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['a broken connection', 'server.unreachable', (r) => r.destroy()],
  ])('%s', async (_name, code, answer) => {
    await using scene = await opening(onCall(({ id }, response) => answer(response, id)))
    const got = await scene.line.call('tools/call', call)
    expect(got).toMatchObject({ error: { data: { code } } })
    // The session goes on.
    expect(await scene.line.call('ping')).toMatchObject({ result: {} })
    const outcomes = scene.world.house.rows().filter((row) => row.method === 'tools/call')
    expect(outcomes.map((row) => row.outcome)).toEqual([null, 'error'])
  })

  it('an id of a session that would break a header', async () => {
    await using remote = await startRemote(({ id }, response) =>
      json(response, id, opened, { 'mcp-session-id': 'a b' }),
    )
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    const answer = await line.call('initialize', {})
    expect(answer).toMatchObject({ error: { data: { code: 'server.protocol' } } })
    line.close()
  })
})

describe('calls side by side', () => {
  it('do not wait for each other, and one that is given up ends alone', async () => {
    const held: ServerResponse[] = []
    await using scene = await opening(
      onCall((seen, response) => {
        if (!seen.body.includes('"slow"')) return json(response, seen.id, '{"content":[]}')
        held.push(response)
        // The second one is not sent before the first is under way.
        scene.line.send(
          '{"jsonrpc":"2.0","id":"q","method":"tools/call","params":{"name":"quick"}}',
        )
      }),
    )
    scene.line.send('{"jsonrpc":"2.0","id":"s","method":"tools/call","params":{"name":"slow"}}')
    expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({ id: 'q', result: {} })
    scene.line.send(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s","reason":"why"}}',
    )
    expect(await scene.line.call('ping')).toMatchObject({ result: {} })
    const [slow] = scene.remote.of('tools/call')
    const [cancelled] = scene.remote.of('notifications/cancelled')
    expect(cancelled?.body).toContain(`"requestId":${slow?.id},"reason":"why"`)
    const row = scene.world.house.rows().find((one) => one.outcome === 'cancelled')
    expect(row?.target).toBe('slow')
  })

  it('are cut at once when the account is revoked', async () => {
    await using scene = await opening(
      onCall((_seen, response) => {
        events(response).flushHeaders()
        void scene.world.bridge.cutGrant('grant-s')
      }),
    )
    const answer = await scene.line.call('tools/call', call)
    expect(answer).toMatchObject({ error: { data: { code: 'grant.sign_in_needed' } } })
    const later = await scene.line.call('tools/call', call)
    expect(later).toMatchObject({ error: { data: { code: 'grant.sign_in_needed' } } })
    expect(scene.remote.of('tools/call')).toHaveLength(1)
  })
})
