import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { LISTEN } from '../../main/bridge/eras/listening.ts'
import { limits } from '../../main/bridge/limits.ts'
import { connectHttp } from '../../main/bridge/upstream/http.ts'
import type { Credential, LinkHost } from '../../main/bridge/upstream/upstream.ts'
import { createDialer, type Dispatcher } from '../../main/net/dialer.ts'
import { type Answer, json, opened, type Remote, startRemote, usual } from './support/remote.ts'
import { sessionServer } from './support/session-server.ts'
import { type Line, remoteServer, startWorld, type World } from './support/world.ts'

const call = '{"jsonrpc":"2.0","id":"long","method":"tools/call","params":{"name":"x"}}'

/** Makes a call that the server has begun, and lets its time be over. @returns its answer */
async function outlast(world: World, line: Line, begun: Promise<unknown>) {
  line.send(call)
  await begun
  world.pass(limits.callMs)
  for (;;) {
    const message = JSON.parse((await line.next()) ?? '')
    if (message.id === 'long') return message
  }
}

const ends = (world: World) =>
  world.house
    .rows()
    .filter((row) => row.method === 'tools/call')
    .map((row) => [row.phase, row.outcome, row.code])

const ENDED = [
  ['intent', null, null],
  ['outcome', 'cancelled', 'server.timed_out'],
]

describe('a call that takes longer than it may ends, the audit says why, and the server is told', () => {
  it('where it is local', async () => {
    await using world = await startWorld({
      s: sessionServer(`(message, { send }) => {
        if (message.method === 'tools/call') send({ method: 'notifications/message', params: { data: 'begun' } })
        if (message.method === 'notifications/cancelled') send({ method: 'notifications/message', params: { data: message.params } })
        if (message.method === 'ping') send({ method: 'notifications/message', params: { data: seenCalls() } })
        function seenCalls() { return seen.filter((one) => one.method === 'tools/call').map((one) => one.id) }
      }`),
    })
    const line = await world.line('s')
    await line.open()
    const heard: Record<string, unknown>[] = []
    line.send(call)
    heard.push(JSON.parse((await line.next()) ?? ''))
    world.pass(limits.callMs)
    heard.push(JSON.parse((await line.next()) ?? ''), JSON.parse((await line.next()) ?? ''))
    expect(heard).toMatchObject([{ params: { data: 'begun' } }, {}, {}])
    expect(heard.find(({ id }) => id === 'long')).toMatchObject({
      error: { data: { code: 'server.timed_out' } },
    })
    line.send('{"jsonrpc":"2.0","id":"p","method":"ping"}')
    const [asked] = JSON.parse((await line.next()) ?? '').params.data
    const told = heard.find(({ params }) => params !== undefined && params !== heard[0]?.params)
    expect(told).toMatchObject({ params: { data: { requestId: asked } } })
    expect(ends(world)).toEqual(ENDED)
    line.close()
  })

  it('where it is remote and has sessions', async () => {
    const begun = Promise.withResolvers<void>()
    const told = Promise.withResolvers<string>()
    await using remote = await startRemote(({ rpc, body, ...seen }, response) => {
      if (rpc === 'notifications/cancelled') told.resolve(body)
      if (rpc !== 'tools/call')
        return usual(() => json(response, seen.id, '{}'))({ rpc, body, ...seen }, response)
      stream(response)
      begun.resolve()
    })
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    await line.open()
    expect(await outlast(world, line, begun.promise)).toMatchObject({
      error: { data: { code: 'server.timed_out' } },
    })
    expect(JSON.parse(await told.promise).params).toEqual({
      requestId: JSON.parse(remote.of('tools/call')[0]?.id ?? ''),
    })
    // Once: what would tell it a second time was on its way before this.
    expect(await line.call('resources/list')).toHaveProperty('result')
    expect(remote.of('notifications/cancelled')).toHaveLength(1)
    expect(ends(world)).toEqual(ENDED)
    line.close()
  })

  it('where it is remote and has none, by the end of the request', async () => {
    const begun = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    await using remote = await startRemote(({ rpc, id }, response) => {
      if (rpc === 'server/discover') return json(response, id, discovered)
      if (rpc !== 'tools/call') return json(response, id, '{"resultType":"complete"}')
      response.once('close', left.resolve)
      stream(response)
      begun.resolve()
    })
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    await line.open()
    expect(await outlast(world, line, begun.promise)).toMatchObject({
      error: { data: { code: 'server.timed_out' } },
    })
    await left.promise
    expect(remote.of('notifications/cancelled')).toEqual([])
    expect(ends(world)).toEqual(ENDED)
    line.close()
  })
})

const discovered =
  '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"r","version":"1"},"ttlMs":0,"cacheScope":"private"}'

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
}

/** A network where so many milliseconds are one. */
const FASTER = limits.streamSilenceMs / 1_000

const hurried = (dispatcher: Dispatcher): Dispatcher =>
  ({
    dispatch: (asked, handler) =>
      dispatcher.dispatch(
        {
          ...asked,
          bodyTimeout: (asked.bodyTimeout ?? 0) / FASTER,
          headersTimeout: (asked.headersTimeout ?? 0) / FASTER,
        },
        handler,
      ),
  }) as Dispatcher

const credential = { headers: {}, grants: [] } as unknown as Credential
const host = { check() {}, onMessage() {}, onClosed() {} } as unknown as LinkHost
const never = new AbortController().signal

async function connected(answer: Answer) {
  const remote: Remote = await startRemote(answer)
  const dialer = createDialer()
  const dispatcher = hurried(dialer.dispatcher({ serverUrl: remote.url }))
  const upstream = connectHttp({ url: remote.url, dispatcher, host })
  return {
    remote,
    upstream,
    request: (method: string, id: string) =>
      upstream.request(`{"jsonrpc":"2.0","id":${id},"method":"${method}"}`, id, credential, never),
    ask: (method: string) =>
      upstream.ask(`{"jsonrpc":"2.0","id":1,"method":"${method}"}`, '1', credential, never, {
        'mcp-method': method,
      }),
    async [Symbol.asyncDispose]() {
      await upstream.close(null)
      await dialer.close()
      await remote[Symbol.asyncDispose]()
    },
  }
}

describe('a remote server that says nothing more is given up', () => {
  it.each<[string, (response: ServerResponse) => unknown]>([
    ['before its first byte', () => {}],
    ['on a stream', stream],
    [
      'on a stream that could be taken up again',
      (response) => {
        stream(response)
        response.write('id: e-1\ndata:\n\n')
      },
    ],
    [
      'in the middle of JSON',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{')
      },
    ],
  ])('%s, and told so where it has sessions', async (_where, begin) => {
    const told = Promise.withResolvers<string>()
    await using scene = await connected(({ rpc, id, method, body }, response) => {
      if (rpc === 'initialize') return json(response, id, opened, { 'mcp-session-id': 'x' })
      if (rpc === 'notifications/cancelled') told.resolve(body)
      if (rpc === 'tools/call') return begin(response)
      response.writeHead(method === 'POST' ? 202 : 405).end()
    })
    await scene.request('initialize', '1')
    await expect(scene.request('tools/call', '2')).rejects.toMatchObject({
      code: 'server.timed_out',
    })
    expect(JSON.parse(await told.promise).params).toEqual({ requestId: 2 })
  })

  it('where it has none or is only opened, which is not taken back, and not while it is only listened to', async () => {
    await using scene = await connected((_seen, response) => stream(response))
    let listens = true
    const over = () => {
      listens = false
    }
    scene.ask(LISTEN).then(over, over)
    const opening = Promise.allSettled([scene.request('initialize', '2')])
    // The second one begins when the time of the first is over, and so would that of whoever listens be.
    for (const _ of [1, 2])
      await expect(scene.ask('tools/call')).rejects.toMatchObject({ code: 'server.timed_out' })
    expect(listens).toBe(true)
    expect(await opening).toMatchObject([{ reason: { code: 'server.timed_out' } }])
    // MCP 2025-11-25, Cancellation: an opening is never cancelled.
    expect(scene.remote.of('notifications/cancelled')).toEqual([])
  })
})
