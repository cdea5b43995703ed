import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { openVisitToAll } from '../../../main/bridge/aggregation/all-alone.ts'
import type { AllAlone } from '../../../main/bridge/aggregation/gathering.ts'
import {
  type NotificationMessage,
  type RequestMessage,
  readMessage,
} from '../../../main/bridge/envelope.ts'
import { type Claim, claimOf } from '../../../main/bridge/eras/claim.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { systemTimer } from '../../../main/bridge/timer.ts'
import { createEmitter } from '../../../main/events.ts'
import { BOUNDLESS } from '../../../main/runtime/budget.ts'
import { type Message, metaOf, PREFIX, textOf } from '../support/alone.ts'
import { json, startRemote } from '../support/remote.ts'
import { sessionServer } from '../support/session-server.ts'
import { type Line, remoteServer, startWorld, type World } from '../support/world.ts'

/** A server with sessions that says by its tool `say` what the test wants said, and has one resource. */
const says = (uri: string) =>
  sessionServer(
    `(message, { send, answer }) => {
      const { method, params, id } = message
      if (method === 'tools/list') answer({ tools: [{ name: 'say', inputSchema: { type: 'object' } }] })
      else if (method === 'tools/call') { for (const one of params.arguments.say) send(one); answer({ content: [] }) }
      else if (method === 'resources/list') answer({ resources: [{ uri: ${JSON.stringify(uri)}, name: 'n' }] })
      else if (method === 'resources/templates/list') answer({ resourceTemplates: [] })
      else if (id !== undefined) answer({})
    }`,
    { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } },
  )

const SUBSCRIPTION = `${PREFIX}subscriptionId`
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'
const changed = (list: string) => ({ method: `notifications/${list}/list_changed` })
const updated = (uri: string) => ({ method: 'notifications/resources/updated', params: { uri } })

async function startScene() {
  const world = await startWorld({ a: says('x:a'), b: says('x:b') })
  const line = await world.line(undefined)
  line.send('{"warder":1}')
  return {
    world,
    line,
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

const next = async (line: Line) => JSON.parse((await line.next()) ?? 'null') as Message

async function listen(line: Line, notifications: object, id = 'l'): Promise<Message> {
  line.send(textOf('subscriptions/listen', { notifications }, { id }))
  return next(line)
}

/** Has a server say something; what else comes before its answer is given. */
async function say(line: Line, server: string, ...all: object[]): Promise<Message[]> {
  line.send(
    textOf('tools/call', { name: `${server}__say`, arguments: { say: all } }, { id: 'say' }),
  )
  const before: Message[] = []
  for (;;) {
    const message = await next(line)
    if (message.id === 'say') return before
    before.push(message)
  }
}

/** Lets bursts pass until something is told. */
async function told(line: Line, world: World): Promise<Message[]> {
  for (;;) {
    world.pass(limits.burstMs)
    const before = await say(line, 'a')
    if (before.length > 0) return before
  }
}

describe('a client that listens to all servers', () => {
  it('is told first what it will hear, and of resources whose server agrees', async () => {
    await using scene = await startScene()
    const wanted = {
      toolsListChanged: true,
      promptsListChanged: false,
      resourceSubscriptions: ['x:b', 'x:nobody', 'x:a'],
    }
    expect(await listen(scene.line, wanted)).toEqual({
      jsonrpc: '2.0',
      method: ACKNOWLEDGED,
      params: {
        _meta: { [SUBSCRIPTION]: 'l' },
        notifications: {
          toolsListChanged: true,
          resourceSubscriptions: expect.toSatisfy(
            (uris: string[]) => uris.sort().join() === 'x:a,x:b',
          ),
        },
      },
    })
  })

  it('hears from no server of what it did not ask of that one', async () => {
    const discovered = {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { resources: { subscribe: true } },
    }
    let say = (_said: object) => {}
    await using remote = await startRemote((seen, response) => {
      if (seen.rpc === 'server/discover') return json(response, seen.id, JSON.stringify(discovered))
      const resources = [{ uri: 'x:c', name: 'n' }]
      if (seen.rpc !== 'subscriptions/listen')
        return json(response, seen.id, JSON.stringify({ resultType: 'complete', resources }))
      const _meta = { [SUBSCRIPTION]: JSON.parse(seen.id) }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      say = ({ method, params }: Message) => {
        const said = { jsonrpc: '2.0', method, params: { ...params, _meta } }
        response.write(`data: ${JSON.stringify(said)}\n\n`)
      }
      const resourceSubscriptions = ['x:a', 'x:c', 'x:d']
      say({ method: ACKNOWLEDGED, params: { notifications: { resourceSubscriptions } } })
    })
    await using world = await startWorld({ a: says('x:a'), c: remoteServer(remote.url) })
    const line = await world.line(undefined)
    line.send('{"warder":1}')
    const { params } = await listen(line, { resourceSubscriptions: ['x:a', 'x:c'] })
    const promised = params?.notifications as { resourceSubscriptions: string[] }
    expect(promised.resourceSubscriptions.sort()).toEqual(['x:a', 'x:c'])
    say(updated('x:a'))
    say(updated('x:c'))
    expect(await next(line)).toMatchObject(updated('x:c'))
    line.close()
  })

  it('hears of each list once for a burst, whoever it is of, under its own id', async () => {
    await using scene = await startScene()
    const { line, world } = scene
    await listen(line, { toolsListChanged: true, resourceSubscriptions: ['x:a', 'x:b'] })
    await say(line, 'a', changed('tools'), changed('resources'))
    await say(line, 'b', changed('tools'))
    const [heard, ...more] = await told(line, world)
    expect(more).toEqual([])
    expect(heard).toEqual({
      jsonrpc: '2.0',
      ...changed('tools'),
      params: { _meta: { [SUBSCRIPTION]: 'l' } },
    })
  })

  it('hears of the resources it named, from the server that has them', async () => {
    await using scene = await startScene()
    const { line } = scene
    await listen(line, { resourceSubscriptions: ['x:b'] })
    // Nobody listens to the other server.
    expect(scene.world.running().sort()).toEqual(['a', 'b'])
    expect(await say(line, 'a', updated('x:b'))).toEqual([])
    const heard = await say(line, 'b', updated('x:other'), updated('x:b'), updated('x:b/part'))
    expect(heard).toMatchObject(
      ['x:b', 'x:b/part'].map((uri) => ({
        ...updated(uri),
        params: { uri, _meta: { [SUBSCRIPTION]: 'l' } },
      })),
    )
  })

  it('hears of servers that come, and of what they say', async () => {
    await using scene = await startScene()
    const { line, world } = scene
    await listen(line, { toolsListChanged: true, promptsListChanged: true })
    world.servers = { ...world.servers, c: says('x:c') }
    world.bridge.announce('c')
    const lists = (await told(line, world)).map(({ method }) => method)
    expect(lists).toEqual([
      'notifications/tools/list_changed',
      'notifications/prompts/list_changed',
    ])
    while (!world.running().includes('c')) await say(line, 'a')
    await say(line, 'c', changed('tools'))
    expect((await told(line, world)).map(({ method }) => method)).toEqual([
      'notifications/tools/list_changed',
    ])
  })

  it('leaves nothing on its socket when it listens no more', async () => {
    const leaving = new AbortController()
    const said: string[] = []
    const send = (text: string) => void said.push(text)
    const channel = { send, reply: send, refuse: send, leaving: () => leaving.signal }
    const nobody = { all: () => [] }
    const all = {
      gathering: { branches: nobody },
      events: createEmitter(),
      ended: false,
    } as unknown as AllAlone
    const way = openVisitToAll({
      channel,
      use: (_claim, run) => run(all),
      visit: () => {
        throw new Error('there is no server')
      },
      timer: systemTimer,
      room: BOUNDLESS,
    })
    const request = readMessage(
      textOf('subscriptions/listen', { notifications: {} }, { id: 'l' }),
    ) as RequestMessage
    const listening = way.request(request, claimOf(request) as Claim)
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"l"}}'
    await way.notification(readMessage(cancel) as NotificationMessage)
    await listening
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([])
  })

  it('hears no more once it has cancelled, and is not answered', async () => {
    await using scene = await startScene()
    const { line, world } = scene
    await listen(line, { toolsListChanged: true })
    const params = { requestId: 'l', _meta: metaOf() }
    line.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }))
    await say(line, 'a', changed('tools'))
    world.pass(limits.burstMs)
    expect(await say(line, 'b')).toEqual([])
    // The id is free again.
    expect((await listen(line, { toolsListChanged: true })).method).toBe(ACKNOWLEDGED)
  })

  it('is told the end when it is over for everybody', async () => {
    await using scene = await startScene()
    const { world } = scene
    const response = await fetch(`${world.base}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.bearers.one}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
      },
      body: textOf(
        'subscriptions/listen',
        { notifications: { toolsListChanged: true } },
        { id: 'h' },
      ),
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain(ACKNOWLEDGED)
    await world.bridge.cutAll()
    const { value = '' } = (await reader?.read()) ?? {}
    expect(JSON.parse(value.replace(/^data: /, ''))).toEqual({
      jsonrpc: '2.0',
      id: 'h',
      result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: 'h' } },
    })
  })
})
