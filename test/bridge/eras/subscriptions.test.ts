import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type NotificationMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { createSubscriptions } from '../../../main/bridge/eras/subscriptions.ts'
import { readJson } from '../../../main/bridge/json-scan.ts'
import { limits } from '../../../main/bridge/limits.ts'
import type { Credential } from '../../../main/bridge/upstream/upstream.ts'
import { statelessStdio } from '../../harness/stdio-servers.ts'
import { endOf, heapUsed } from '../support/heap.ts'
import { type Answer, json, type Seen, startRemote } from '../support/remote.ts'
import { type Line, opening, remoteServer, startWorld, type World } from '../support/world.ts'

const call = (name: string) => ({ name, arguments: {} })
const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

async function nextMessage(line: Line): Promise<Record<string, unknown>> {
  return JSON.parse((await line.next()) ?? '{}')
}

/** What comes before the answer to a request. */
async function unaskedBefore(line: Line, method: string, params: object): Promise<unknown[]> {
  line.send(JSON.stringify({ jsonrpc: '2.0', id: method, method, params }))
  const messages: unknown[] = []
  for (;;) {
    const message = await nextMessage(line)
    if (message.id === method) return messages
    messages.push(message)
  }
}

describe('a client of sessions at a local server of the stateless revision (the SDK)', () => {
  async function opened() {
    const world = await startWorld({ s: statelessStdio() as never })
    const line = await world.line('s')
    const { result } = await line.call('initialize', opening)
    line.send(initialized)
    return {
      world,
      line,
      result: result as { capabilities: object },
      /** The server writes in order; what it said comes before the answer to the next request. */
      async heardAfter(tool: string): Promise<unknown[]> {
        await line.call('tools/list')
        const before = await unaskedBefore(line, 'tools/call', call(tool))
        return [...before, ...(await unaskedBefore(line, 'tools/list', {}))]
      },
      async [Symbol.asyncDispose]() {
        line.close()
        await world[Symbol.asyncDispose]()
      },
    }
  }
  const updated = (uri: string) =>
    expect.objectContaining({
      method: 'notifications/resources/updated',
      params: expect.objectContaining({ uri }),
    })
  const today = { uri: 'news://today' }

  it('hears of lists that change, as it was promised', async () => {
    await using scene = await opened()
    expect(scene.result.capabilities).toMatchObject({
      tools: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
    })
    expect(await scene.heardAfter('grow')).toEqual([
      expect.objectContaining({ method: 'notifications/tools/list_changed' }),
    ])
  })

  it('hears of the resources that it is subscribed to, and of no others', async () => {
    await using scene = await opened()
    expect(await scene.heardAfter('publish')).toEqual([])
    expect(await scene.line.call('resources/subscribe', today)).toMatchObject({ result: {} })
    expect(await scene.heardAfter('publish')).toEqual([updated(today.uri)])
    expect(await scene.line.call('resources/unsubscribe', today)).toMatchObject({ result: {} })
    expect(await scene.heardAfter('publish')).toEqual([])
    expect(await scene.heardAfter('grow')).toHaveLength(1)
  })

  it('is subscribed to none whose URI is too long to be kept', async () => {
    await using scene = await opened()
    const uri = `x:${'a'.repeat(limits.linkLength)}`
    expect(await scene.line.call('resources/subscribe', { uri })).toMatchObject({
      error: { data: { code: 'bridge.too_large' } },
    })
  })

  it('hears of no resource that it may not read, then or later', async () => {
    await using scene = await opened()
    const allow = { effect: 'allow', client: '*', server: '*' } as const
    const deny = { ...allow, effect: 'deny', resource: 'news://secret' } as const
    scene.world.house.rules = [deny, allow]
    const secret = { uri: 'news://secret' }
    expect(await scene.line.call('resources/subscribe', secret)).toMatchObject({
      error: { data: { code: 'policy.denied' } },
    })
    scene.world.house.rules = [allow]
    await scene.line.call('resources/subscribe', secret)
    expect(await scene.heardAfter('publish')).toEqual([updated(secret.uri)])
    scene.world.house.rules = [deny, allow]
    expect(await scene.heardAfter('publish')).toEqual([])
  })

  it('stays subscribed when the server has to be started again', async () => {
    await using scene = await opened()
    await scene.line.call('resources/subscribe', today)
    await scene.line.call('tools/call', call('die'))
    await scene.line.call('tools/list')
    expect(await scene.heardAfter('publish')).toEqual([updated(today.uri)])
  })
})

describe('a client of sessions at a remote server of the stateless revision', () => {
  const DISCOVERED =
    '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true}}}'

  interface Listened {
    readonly seen: Seen
    readonly response: ServerResponse
    readonly closed: Promise<unknown>
    readonly wanted: { resourceSubscriptions?: string[] }
    /** Sends a notification on the stream. */
    say(method: string, params?: object): void
    acknowledge(filter?: object): void
  }

  /** A server whose streams the test holds. */
  async function opened(onListen?: (one: Listened) => unknown) {
    const arrived: Listened[] = []
    const queue: ((one: Listened) => void)[] = []
    const answer: Answer = (seen, response) => {
      if (seen.headers['mcp-protocol-version'] !== '2026-07-28')
        return response.writeHead(400).end()
      if (seen.rpc === 'server/discover') return json(response, seen.id, DISCOVERED)
      if (seen.rpc !== 'subscriptions/listen')
        return json(response, seen.id, '{"resultType":"complete","content":[]}')
      const listened: Listened = {
        seen,
        response,
        closed: once(response, 'close'),
        wanted: JSON.parse(seen.body).params.notifications,
        say(method, params = {}) {
          if (!response.headersSent)
            response.writeHead(200, { 'content-type': 'text/event-stream' })
          const _meta = { 'io.modelcontextprotocol/subscriptionId': JSON.parse(seen.id) }
          const text = JSON.stringify({ jsonrpc: '2.0', method, params: { ...params, _meta } })
          response.write(`data: ${text}\n\n`)
        },
        acknowledge(filter = listened.wanted) {
          listened.say('notifications/subscriptions/acknowledged', { notifications: filter })
        },
      }
      if (onListen !== undefined) onListen(listened)
      const next = queue.shift()
      if (next) next(listened)
      else arrived.push(listened)
    }
    const remote = await startRemote(answer)
    const world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    world.tokens.set('s', 'first')
    const line = await world.line('s')
    await line.call('initialize', opening)
    line.send(initialized)
    return {
      remote,
      world,
      line,
      listened: () =>
        new Promise<Listened>((resolve) => {
          const one = arrived.shift()
          if (one) resolve(one)
          else queue.push(resolve)
        }),
      async [Symbol.asyncDispose]() {
        line.close()
        await world[Symbol.asyncDispose]()
        await remote[Symbol.asyncDispose]()
      },
    }
  }
  const subscribe = (line: Line, uri: string, id = uri) =>
    line.send(
      JSON.stringify({ jsonrpc: '2.0', id, method: 'resources/subscribe', params: { uri } }),
    )
  const bearerOf = ({ seen }: Listened) => seen.headers.authorization

  it('listens once for what the server announces, with its credential', async () => {
    await using scene = await opened()
    const stream = await scene.listened()
    expect(stream.wanted).toEqual({ toolsListChanged: true })
    expect(stream.seen.headers).toMatchObject({
      authorization: 'Bearer first',
      'mcp-method': 'subscriptions/listen',
    })
    stream.acknowledge()
    stream.say('notifications/tools/list_changed')
    expect(await nextMessage(scene.line)).toMatchObject({
      method: 'notifications/tools/list_changed',
    })
    await scene.line.call('tools/call', call('x'))
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(1)
  })

  it('gets from the stream what it listens for after the acknowledgement, and nothing else', async () => {
    await using scene = await opened()
    const stream = await scene.listened()
    stream.say('notifications/tools/list_changed', { early: true })
    stream.acknowledge()
    stream.say('notifications/message', { level: 'error', data: 'x' })
    stream.say('notifications/elicitation/complete', { elicitationId: 'x' })
    stream.response.write(
      'data: {"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"?"}}\n\n',
    )
    stream.say('notifications/tools/list_changed', { late: true })
    expect(await nextMessage(scene.line)).toMatchObject({ params: { late: true } })
  })

  it('listens for all resources on one stream, and lets go of the one before when it is taken', async () => {
    await using scene = await opened()
    const first = await scene.listened()
    first.acknowledge()
    subscribe(scene.line, 'a://1')
    const second = await scene.listened()
    expect(second.wanted).toEqual({ toolsListChanged: true, resourceSubscriptions: ['a://1'] })
    first.say('notifications/tools/list_changed', { on: 'the first' })
    expect(await nextMessage(scene.line)).toMatchObject({ params: { on: 'the first' } })
    second.acknowledge()
    await first.closed
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://1', result: {} })
    subscribe(scene.line, 'a://2')
    const third = await scene.listened()
    expect(third.wanted.resourceSubscriptions).toEqual(['a://1', 'a://2'])
    third.acknowledge()
    await second.closed
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://2', result: {} })
    third.say('notifications/resources/updated', { uri: 'a://1/part' })
    expect(await nextMessage(scene.line)).toMatchObject({ params: { uri: 'a://1/part' } })
  })

  it('asks for what comes meanwhile together, when the stream before it is taken', async () => {
    await using scene = await opened()
    ;(await scene.listened()).acknowledge()
    const uris = ['a://1', 'a://2', 'a://3']
    for (const uri of uris) subscribe(scene.line, uri)
    const second = await scene.listened()
    expect(second.wanted.resourceSubscriptions).toEqual(['a://1'])
    await scene.line.call('tools/call', call('x'))
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(2)
    second.acknowledge()
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://1', result: {} })
    const third = await scene.listened()
    expect(third.wanted.resourceSubscriptions).toEqual(uris)
    third.acknowledge()
    const answers = [await nextMessage(scene.line), await nextMessage(scene.line)]
    expect(answers).toEqual(uris.slice(1).map((id) => expect.objectContaining({ id, result: {} })))
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(3)
  })

  it('asks for what comes after one that the server does not answer, too', async () => {
    await using scene = await opened()
    ;(await scene.listened()).acknowledge()
    for (const uri of ['a://1', 'a://2']) subscribe(scene.line, uri)
    ;(await scene.listened()).response.writeHead(500).end()
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://1', error: {} })
    const next = await scene.listened()
    expect(next.wanted.resourceSubscriptions).toEqual(['a://2'])
    next.acknowledge()
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://2', result: {} })
  })

  it('is told where the server does not take a subscription, and does not ask for it again', async () => {
    await using scene = await opened()
    ;(await scene.listened()).acknowledge()
    subscribe(scene.line, 'a://1')
    ;(await scene.listened()).acknowledge({ toolsListChanged: true })
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://1', error: { code: -32601 } })
    subscribe(scene.line, 'a://2')
    const next = await scene.listened()
    expect(next.wanted.resourceSubscriptions).toEqual(['a://2'])
  })

  it('leaves no stream open for a subscription that it gave up, and hears on the one before', async () => {
    await using scene = await opened()
    const first = await scene.listened()
    first.acknowledge()
    subscribe(scene.line, 'a://1')
    const second = await scene.listened()
    scene.line.send(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a://1"}}',
    )
    await second.closed
    first.say('notifications/tools/list_changed', { on: 'the first' })
    expect(await nextMessage(scene.line)).toMatchObject({ params: { on: 'the first' } })
    subscribe(scene.line, 'a://2')
    expect((await scene.listened()).wanted.resourceSubscriptions).toEqual(['a://2'])
  })

  it('has a subscription made again after a renewal, as a call of its own', async () => {
    let refused = 0
    await using scene = await opened((one) => {
      if (one.wanted.resourceSubscriptions && bearerOf(one) === 'Bearer first') {
        refused++
        one.response.writeHead(401).end()
      } else one.acknowledge()
    })
    scene.world.renewed = async () => 'second'
    subscribe(scene.line, 'a://1')
    expect(await nextMessage(scene.line)).toMatchObject({ id: 'a://1', result: {} })
    expect(refused).toBe(1)
    const rows = scene.world.house.rows().filter(({ method }) => method === 'resources/subscribe')
    expect(rows.map(({ phase, code }) => [phase, code])).toEqual([
      ['intent', null],
      ['outcome', 'unauthorized'],
      ['intent', null],
      ['outcome', null],
    ])
  })

  it('is listened for again where a stream breaks, with the credential of that moment', async () => {
    await using scene = await opened()
    const first = await scene.listened()
    first.acknowledge()
    scene.world.tokens.set('s', 'second')
    first.response.destroy()
    const second = await scene.listened()
    expect(bearerOf(second)).toBe('Bearer second')
    second.acknowledge()
    // An end that the server announces is one as well.
    second.response.end(`data: {"jsonrpc":"2.0","id":${second.seen.id},"result":{}}\n\n`)
    expect(bearerOf(await scene.listened())).toBe('Bearer second')
  })

  it('has its token renewed once for the stream, and then it listens no more', async () => {
    let renewals = 0
    await using scene = await opened(({ response }) => response.writeHead(401).end())
    scene.world.renewed = async () => `renewed ${++renewals}`
    const bearers = [bearerOf(await scene.listened()), bearerOf(await scene.listened())]
    expect(bearers).toEqual(['Bearer first', 'Bearer renewed 1'])
    await scene.line.call('tools/call', call('x'))
    await scene.line.call('tools/call', call('x'))
    expect(renewals).toBe(1)
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(2)
  })

  it('is not listened for at a server that does not know how', async () => {
    await using scene = await opened(({ response, seen }) =>
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end(`{"jsonrpc":"2.0","id":${seen.id},"error":{"code":-32601,"message":"no"}}`),
    )
    await scene.listened()
    await scene.line.call('tools/call', call('x'))
    await scene.line.call('tools/call', call('x'))
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(1)
  })

  it.each([
    ['the session', (world: World) => world.bridge.shutOut('one')],
    ['the grant', (world: World) => world.bridge.cutGrant('grant-s')],
    [
      'everything',
      (world: World) => {
        world.stopped = true
        return world.bridge.cutAll()
      },
    ],
  ])('is listened for until the end of %s', async (_, end) => {
    await using scene = await opened()
    const stream = await scene.listened()
    stream.acknowledge()
    await end(scene.world)
    await stream.closed
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(1)
  })

  it('is not listened for again once everything is stopped', async () => {
    await using scene = await opened()
    const stream = await scene.listened()
    stream.acknowledge()
    const fetched = new Promise<void>((resolve) => {
      scene.world.onFetch = () => resolve()
    })
    scene.world.stopped = true
    stream.response.destroy()
    await fetched
    await scene.line.call('tools/call', call('x'))
    expect(scene.remote.of('subscriptions/listen')).toHaveLength(1)
  })
})

describe('what a server without sessions is asked for', () => {
  const unused = () => {
    throw new Error('not asked')
  }
  const credential: Credential = {
    server: { name: 's', definition: { command: 's', args: [] } },
    ...{ headers: {}, environment: null, account: null, accounts: [], grants: [] },
  }

  function scene() {
    const streams: {
      readonly params: string
      readonly signal: AbortSignal
      readonly breakOff: (why: Error) => void
    }[] = []
    const subscribed = new Set<string>()
    const subscriptions = createSubscriptions({
      host: {
        onMessage: unused,
        onClosed: unused,
        check: unused,
        credential: () => new Promise(() => {}),
        subscribed,
      },
      capabilities: () => readJson('{"resources":{"subscribe":true},"tools":{"listChanged":true}}'),
      ask: (params, _id, _credential, signal) =>
        new Promise((_, reject) => {
          streams.push({ params, signal, breakOff: reject })
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      cancel: undefined,
      ownId: () => `${streams.length}`,
    })
    return {
      subscriptions,
      subscribed,
      subscribe: (uri: string, { signal } = new AbortController()) =>
        subscriptions.subscribe(uri, credential, signal),
      breakOff: () => streams.at(-1)?.breakOff(new Error('it broke')),
      streams: () => streams.map(({ signal }) => (signal.aborted ? 'over' : 'open')),
      /** The newest stream, and all that it asks for. */
      acknowledge() {
        const said = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":${streams.at(-1)?.params}}`
        subscriptions.hear(readMessage(said) as NotificationMessage, `${streams.length - 1}`)
      },
    }
  }

  it('is let go of where it does not acknowledge it, and not where it has', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { subscriptions, subscribed, subscribe, streams, acknowledge } = scene()
    const taken = subscribe('x:1')
    acknowledge()
    expect(await taken).toBe(true)
    vi.advanceTimersByTime(limits.openingMs)
    expect(streams()).toEqual(['open'])
    const waits = subscribe('x:2')
    expect(streams()).toEqual(['open', 'open'])
    vi.advanceTimersByTime(limits.openingMs)
    await expect(waits).rejects.toMatchObject({ code: 'server.refused' })
    expect(streams()).toEqual(['open', 'over'])
    expect([...subscribed]).toEqual(['x:1'])
    subscriptions.end()
  })

  it('is nothing for whoever has given up before its turn came', async () => {
    const { subscriptions, subscribed, subscribe, streams, acknowledge } = scene()
    const first = subscribe('x:1')
    const leaving = new AbortController()
    const second = subscribe('x:2', leaving)
    const third = subscribe('x:3', leaving)
    leaving.abort('enough')
    for (const one of [second, third]) await expect(one).rejects.toBe('enough')
    acknowledge()
    expect(await first).toBe(true)
    await tick()
    expect(streams()).toEqual(['open'])
    expect([...subscribed]).toEqual(['x:1'])
    subscriptions.end()
  })

  it('is given up when the last of those who asked for it has gone, and not before', async () => {
    const { subscriptions, subscribed, subscribe, streams, acknowledge } = scene()
    const leaving = [new AbortController(), new AbortController(), new AbortController()]
    const [first, second, third] = leaving.map((own) => subscribe('x:1', own))
    leaving[0]?.abort('enough')
    await expect(first).rejects.toBe('enough')
    expect([...subscribed]).toEqual(['x:1'])
    expect(streams()).toEqual(['open'])
    acknowledge()
    await tick()
    acknowledge()
    expect(await Promise.all([second, third])).toEqual([true, true])
    const others = [new AbortController(), new AbortController()]
    const gone = others.map((own) => subscribe('x:2', own))
    for (const [index, own] of others.entries()) {
      own.abort('enough')
      await expect(gone[index]).rejects.toBe('enough')
    }
    expect([...subscribed]).toEqual(['x:1'])
    expect(streams().filter((stream) => stream === 'open')).toHaveLength(1)
    subscriptions.end()
  })

  it('stays what it was where somebody asks once more while the stream is gone, and gives up', async () => {
    const { subscriptions, subscribed, subscribe, acknowledge, breakOff } = scene()
    const first = subscribe('x:1')
    acknowledge()
    expect(await first).toBe(true)
    breakOff()
    await tick()
    const leaving = new AbortController()
    const again = subscribe('x:1', leaving)
    leaving.abort('enough')
    await expect(again).rejects.toBe('enough')
    expect([...subscribed]).toEqual(['x:1'])
    subscriptions.end()
  })

  it('does not keep the messages of its client', async () => {
    const { subscriptions, subscribed, subscribe, acknowledge } = scene()
    const before = heapUsed()
    const first = subscribe('x:first')
    const all = Array.from({ length: 900 }, (_, at) =>
      subscribe(endOf(15_000, `file:///home/me/${at}`)),
    )
    acknowledge()
    await first
    await tick()
    acknowledge()
    expect(await Promise.all(all)).toEqual(Array(900).fill(true))
    all.length = 0
    await tick()
    expect(heapUsed() - before).toBeLessThan((900 * 15_000) / 3)
    expect(subscribed.size).toBe(901)
    subscriptions.end()
  })
})
