import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type RequestMessage,
  type ResponseMessage,
  readMessage,
} from '../../../main/bridge/envelope.ts'
import { createListening } from '../../../main/bridge/eras/listening.ts'
import { readJson } from '../../../main/bridge/json-scan.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { type LinkHost, NotProcessed } from '../../../main/bridge/upstream/upstream.ts'
import { WarderError } from '../../../main/errors.ts'
import type { ServerDefinition } from '../../../main/store/config-schema.ts'
import { begin, type Message, metaOf, PREFIX, post, textOf } from '../support/alone.ts'
import { heapUsed } from '../support/heap.ts'
import { sessionServer } from '../support/session-server.ts'
import { type Line, startWorld, type World } from '../support/world.ts'

/** Says by its tool `say` what the test wants said, and tells by `told` what it was told. */
const SAYS = `(message, { send, answer, seen }) => {
  if (message.method === 'tools/call' && message.params.name === 'say') {
    for (const one of message.params.arguments.say) send(one)
    answer({ content: [] })
  } else if (message.method === 'tools/call') answer({ told: seen.filter(({ method }) => method.startsWith('resources/')).map(({ method, params }) => method + ' ' + params.uri) })
  else if (message.method === 'resources/subscribe' && message.params.uri === 'x:none') send({ id: message.id, error: { code: -32002, message: 'no' } })
  else if (message.id !== undefined) answer({})
}`
const able = {
  tools: { listChanged: true },
  prompts: {},
  resources: { subscribe: true, listChanged: true },
}
const SUBSCRIPTION = `${PREFIX}subscriptionId`

async function scene(capabilities: object = able) {
  const world = await startWorld({ s: sessionServer(SAYS, capabilities) })
  const line = await world.line('s')
  return {
    world,
    line,
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

const nextOf = async (line: Line) => JSON.parse((await line.next()) ?? '') as Message

async function listen(line: Line, id: string, notifications: object): Promise<Message> {
  line.send(textOf('subscriptions/listen', { notifications }, { id }))
  return nextOf(line)
}

const changed = (list: string) => ({ method: `notifications/${list}/list_changed` })
const updated = (uri: string) => ({ method: 'notifications/resources/updated', params: { uri } })
const say = (world: World, ...all: object[]) =>
  post(world, 'tools/call', { name: 'say', arguments: { say: all } }, { server: 's' })
/** On the socket's own session, which is another one than HTTP's. */
const sayOn = (line: Line, ...all: object[]) =>
  line.send(textOf('tools/call', { name: 'say', arguments: { say: all } }, { id: 'say' }))

describe('a client that listens without a session', () => {
  it('is told first what it will hear', async () => {
    await using one = await scene()
    const wanted = {
      toolsListChanged: true,
      promptsListChanged: false,
      resourceSubscriptions: ['x:a', 'x:none', 'x:a'],
    }
    expect(await listen(one.line, 'l', wanted)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        _meta: { [SUBSCRIPTION]: 'l' },
        notifications: { toolsListChanged: true, resourceSubscriptions: ['x:a'] },
      },
    })
  })

  it('gives back what the server had agreed to where the rest cannot be asked for', async () => {
    const shared = { ...sessionServer(SAYS, able), instance: 'shared' } as ServerDefinition
    await using world = await startWorld({ s: shared })
    const wanted = ['x:a', `x:${'b'.repeat(limits.linkLength)}`]
    const { answer } = await post(world, 'subscriptions/listen', {
      notifications: { resourceSubscriptions: wanted },
    })
    expect(answer).toMatchObject({ error: { data: { code: 'bridge.too_large' } } })
    const { result } = (await post(world, 'tools/call', { name: 'told' })).answer
    expect(result?.told).toEqual(['resources/subscribe x:a', 'resources/unsubscribe x:a'])
  })

  it('is promised nothing that the server does not have', async () => {
    await using one = await scene({ tools: {} })
    const all = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: ['x:a'],
    }
    const { params } = await listen(one.line, 'l', all)
    expect(params?.notifications).toEqual({ toolsListChanged: true })
  })

  it('hears what it asked for, under the id of its request, and nothing else', async () => {
    await using one = await scene()
    await listen(one.line, 'a', { toolsListChanged: true })
    await listen(one.line, 'b', { resourcesListChanged: true, resourceSubscriptions: ['x:1'] })
    sayOn(
      one.line,
      ...[changed('tools'), changed('prompts'), changed('resources')],
      ...[updated('x:1'), updated('x:2'), updated('x:1/part'), { method: 'notifications/vendor' }],
    )
    const heard: unknown[] = []
    for (;;) {
      const message = await nextOf(one.line)
      if (message.id === 'say') break
      heard.push([message.method, message.params])
    }
    expect(heard).toEqual([
      ['notifications/tools/list_changed', { _meta: { [SUBSCRIPTION]: 'a' } }],
      ['notifications/resources/list_changed', { _meta: { [SUBSCRIPTION]: 'b' } }],
      ['notifications/resources/updated', { uri: 'x:1', _meta: { [SUBSCRIPTION]: 'b' } }],
      ['notifications/resources/updated', { uri: 'x:1/part', _meta: { [SUBSCRIPTION]: 'b' } }],
    ])
  })

  it('hears of no resource that it may not read, also where that changes', async () => {
    await using one = await scene()
    const { rules } = one.world.house
    one.world.house.rules = [
      { effect: 'deny', client: '*', server: '*', resource: 'x:secret' },
      ...rules,
    ]
    const wanted = { resourceSubscriptions: ['x:secret', 'x:/../a', 'x:later'] }
    const { params } = await listen(one.line, 'l', wanted)
    expect(params?.notifications).toEqual({ resourceSubscriptions: ['x:later'] })
    one.world.house.rules = [
      { effect: 'deny', client: '*', server: '*', resource: 'x:later' },
      ...rules,
    ]
    sayOn(one.line, updated('x:secret'), updated('x:later'))
    expect((await nextOf(one.line)).id).toBe('say')
  })

  it('is refused where it may not use the server at all', async () => {
    await using one = await scene()
    one.world.house.rules = []
    const refused = await listen(one.line, 'l', { toolsListChanged: true })
    expect(refused.error?.data).toMatchObject({ code: 'policy.denied' })
  })

  it('hears that lists are others where Warder is the reason', async () => {
    await using one = await scene()
    await listen(one.line, 'l', { toolsListChanged: true })
    one.world.bridge.announce('s')
    expect(await nextOf(one.line)).toEqual({
      jsonrpc: '2.0',
      ...changed('tools'),
      params: { _meta: { [SUBSCRIPTION]: 'l' } },
    })
  })

  it('hears on each of its streams what came at the same moment', async () => {
    await using one = await scene()
    await listen(one.line, 'a', { toolsListChanged: true })
    await listen(one.line, 'b', { toolsListChanged: true })
    sayOn(one.line, changed('tools'))
    const heard = [await nextOf(one.line), await nextOf(one.line)]
    expect(heard.map(({ params }) => JSON.stringify(params?._meta)).sort()).toEqual(
      ['a', 'b'].map((id) => JSON.stringify({ [SUBSCRIPTION]: id })),
    )
  })

  it('listens for as long as it likes', async () => {
    await using one = await scene()
    await listen(one.line, 'l', { toolsListChanged: true })
    one.world.pass(limits.callMs)
    sayOn(one.line, changed('tools'))
    expect((await nextOf(one.line)).method).toBe('notifications/tools/list_changed')
  })

  it('gives a resource back when nobody hears of it any more', async () => {
    await using one = await scene()
    await listen(one.line, 'a', { resourceSubscriptions: ['x:1'] })
    await listen(one.line, 'b', { resourceSubscriptions: ['x:1', 'x:2'] })
    const cancel = (id: string) =>
      one.line.send(
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${id}"}}`,
      )
    const told = async () => {
      one.line.send(textOf('tools/call', { name: 'told' }, { id: 'told' }))
      return (await nextOf(one.line)).result?.told
    }
    cancel('b')
    const after = [
      'resources/subscribe x:1',
      'resources/subscribe x:1',
      'resources/subscribe x:2',
      'resources/unsubscribe x:2',
    ]
    expect(await told()).toEqual(after)
    cancel('a')
    expect(await told()).toEqual([...after, 'resources/unsubscribe x:1'])
  })

  it('keeps a resource that a stream gives back while another one that wants it still begins', async () => {
    const told: unknown[] = []
    const host = { onMessage: () => {}, mayRead: () => true } as unknown as LinkHost
    const listening = createListening(host)
    const slow = Promise.withResolvers<void>()
    const hear = (id: string, resourceSubscriptions: string[], signal: AbortSignal) =>
      listening.listen(
        readMessage(
          textOf('subscriptions/listen', { notifications: { resourceSubscriptions } }, { id }),
        ) as RequestMessage,
        id,
        readJson(JSON.stringify(able)),
        async (method, params) => {
          told.push([method, JSON.parse(params).uri])
          if (params.includes('slow')) await slow.promise
          return readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as ResponseMessage
        },
        signal,
      )
    const [first, second] = [new AbortController(), new AbortController()]
    const one = hear('1', ['x:1', 'x:2'], first.signal)
    await tick()
    const other = hear('2', ['x:1', 'x:slow'], second.signal)
    await tick()
    expect(told).toHaveLength(4)
    first.abort()
    await expect(one).rejects.toThrow()
    expect(told.slice(4)).toEqual([['resources/unsubscribe', 'x:2']])
    slow.resolve()
    second.abort()
    await expect(other).rejects.toThrow()
    expect(told.slice(5)).toEqual([
      ['resources/unsubscribe', 'x:1'],
      ['resources/unsubscribe', 'x:slow'],
    ])
  })

  it.each([
    ['is there still', new WarderError('server.refused', 'no'), ['unsubscribe x:1']],
    ['is asked for all of them anew', new NotProcessed('nonce-wanted'), []],
  ])(
    'gives back what was agreed to where the server refuses the rest and %s',
    async (_, refusal, given) => {
      const told: string[] = []
      const host = { onMessage: () => {}, mayRead: () => true } as unknown as LinkHost
      const notifications = { resourceSubscriptions: ['x:1', 'x:2'] }
      const listens = createListening(host).listen(
        readMessage(
          textOf('subscriptions/listen', { notifications }, { id: 'l' }),
        ) as RequestMessage,
        '1',
        readJson(JSON.stringify(able)),
        async (method, params) => {
          const { uri } = JSON.parse(params)
          told.push(`${method.replace('resources/', '')} ${uri}`)
          if (uri === 'x:2') throw refusal
          return readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as ResponseMessage
        },
        new AbortController().signal,
      )
      await expect(listens).rejects.toBe(refusal)
      expect(told).toEqual(['subscribe x:1', 'subscribe x:2', ...given])
    },
  )

  it('gets the end of its stream where the server ends before the stream has begun', async () => {
    const told: string[] = []
    const host = {
      onMessage: ({ method }: { method: string }) => void told.push(method),
      mayRead: () => true,
    } as unknown as LinkHost
    const listening = createListening(host)
    const agreed = Promise.withResolvers<ResponseMessage>()
    const notifications = { resourceSubscriptions: ['x:1'] }
    const listens = listening.listen(
      readMessage(textOf('subscriptions/listen', { notifications }, { id: 'l' })) as RequestMessage,
      '1',
      readJson(JSON.stringify(able)),
      () => agreed.promise,
      new AbortController().signal,
    )
    listening.end()
    agreed.resolve(readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as ResponseMessage)
    expect((await listens).result?.member('resultType')?.string()).toBe('complete')
    expect(told).toEqual(['notifications/subscriptions/acknowledged'])
  })

  it('keeps no message of a stream that has ended for a resource that others hear of', async () => {
    const host = { onMessage: () => {}, mayRead: () => true } as unknown as LinkHost
    const listening = createListening(host)
    const done = readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as ResponseMessage
    const hear = (at: number, size: number, { signal }: AbortController) => {
      const notifications = { resourceSubscriptions: [`x:${at}${'y'.repeat(5_000)}`] }
      const params = { notifications, said: 'x'.repeat(size) }
      const message = readMessage(textOf('subscriptions/listen', params)) as RequestMessage
      const features = readJson(JSON.stringify(able))
      return listening
        .listen(message, message.id, features, async () => done, signal)
        .catch((reason: unknown) => reason)
    }
    const others = new AbortController()
    const mega = 1024 * 1024
    const before = heapUsed()
    const heard: Promise<unknown>[] = []
    for (let at = 0; at < 8; at++) {
      const first = new AbortController()
      const long = hear(at, 2 * mega, first)
      heard.push(hear(at, 1, others))
      await tick()
      first.abort('enough')
      expect(await long).toBe('enough')
    }
    expect(heapUsed() - before).toBeLessThan(4 * mega)
    others.abort('enough')
    expect(await Promise.all(heard)).toEqual(Array(8).fill('enough'))
  })

  it('leaves nothing behind when it listens no more, however often it did', async () => {
    const listening = createListening({ onMessage: () => {} } as unknown as LinkHost)
    const text = textOf('subscriptions/listen', { notifications: {} }, { id: 'l' })
    const message = readMessage(text) as RequestMessage
    const never = () => Promise.reject(new Error('nothing is asked'))
    const listens = async (times: number) => {
      for (let time = 0; time < times; time++) {
        const controller = new AbortController()
        const listened = listening.listen(message, '1', undefined, never, controller.signal)
        await Promise.resolve()
        await Promise.resolve()
        controller.abort('enough')
        expect(await listened.catch((reason: unknown) => reason)).toBe('enough')
      }
    }
    await listens(1_000)
    const before = heapUsed()
    await listens(10_000)
    expect((heapUsed() - before) / 10_000).toBeLessThan(150)
  })

  it('is told of the end where the server is cut off', async () => {
    await using one = await scene()
    await listen(one.line, 'l', { toolsListChanged: true })
    await one.world.bridge.cutServer('s')
    expect((await nextOf(one.line)).error?.data).toMatchObject({ code: 'server.ended' })
  })

  it('gets the end of its stream where the server ends by itself', async () => {
    await using world = await startWorld({
      s: sessionServer(
        `(message, { answer }) => message.params?.name === 'die' ? process.exit(0) : answer({})`,
        able,
      ),
    })
    const line = await world.line('s')
    await listen(line, 'l', { toolsListChanged: true })
    line.send(textOf('tools/call', { name: 'die' }, { id: 'die' }))
    const both = [await nextOf(line), await nextOf(line)]
    expect(both.find(({ id }) => id === 'l')?.result).toEqual({
      resultType: 'complete',
      _meta: { [SUBSCRIPTION]: 'l' },
    })
    line.close()
  })

  it('holds up nobody who has said all it wants', async () => {
    await using one = await scene()
    await listen(one.line, 'l', { toolsListChanged: true })
    one.line.socket.end()
    expect(await one.line.next()).toBeNull()
  })

  it('has a response over HTTP that stays open, and ends it by closing it', async () => {
    await using one = await scene()
    const closing = new AbortController()
    const notifications = { toolsListChanged: true, resourceSubscriptions: ['x:1'] }
    const response = await begin(
      one.world,
      'subscriptions/listen',
      { notifications },
      { id: 7, signal: closing.signal },
    )
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    const events = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await events?.read())?.value).toContain('acknowledged')
    await say(one.world, changed('tools'))
    expect((await events?.read())?.value).toContain(`"${SUBSCRIPTION}":7`)
    closing.abort()
    await events?.read().catch(() => {})
    const told = async () => {
      const { answer } = await post(one.world, 'tools/call', { name: 'told' })
      return answer.result?.told as string[]
    }
    while (!(await told()).includes('resources/unsubscribe x:1'));
    const rows = one.world.house.rows().filter(({ method }) => method === 'subscriptions/listen')
    expect(rows.map(({ outcome }) => outcome)).toEqual([null, 'cancelled'])
  })

  it('is shown over HTTP from time to time that its stream lives', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    await using one = await scene()
    const closing = new AbortController()
    const wish = { signal: closing.signal }
    const response = await begin(one.world, 'subscriptions/listen', { notifications: {} }, wish)
    const events = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    await events?.read()
    vi.advanceTimersByTime(limits.keepAliveMs)
    expect((await events?.read())?.value).toBe(':\n\n')
    closing.abort()
    await events?.read().catch(() => {})
  })
})

it('is promised in the discovery what can be listened for', async () => {
  await using one = await scene()
  const { answer } = await post(one.world, 'server/discover', {}, { meta: metaOf() })
  expect(answer.result?.capabilities).toEqual(able)
})
