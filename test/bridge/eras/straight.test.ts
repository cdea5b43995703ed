import { describe, expect, it } from 'vitest'
import { limits } from '../../../main/bridge/limits.ts'
import { begin, type Message, metaOf, PREFIX, post, type Wish } from '../support/alone.ts'
import { type Answer, json, opened, startRemote } from '../support/remote.ts'
import { opening, remoteServer, startWorld, type World } from '../support/world.ts'

/** What the server says of itself; a server of both eras lists more revisions. */
const discovered = (versions = ['2026-07-28']) =>
  JSON.stringify({
    resultType: 'complete',
    supportedVersions: versions,
    capabilities: { tools: {}, x: 1 },
    instructions: 'Be kind.',
    ttlMs: 60_000,
    cacheScope: 'public',
    _meta: { [`${PREFIX}serverInfo`]: { name: 'modern', version: '3' } },
  })

const modern =
  (more: Answer, versions?: string[]): Answer =>
  (seen, response) => {
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.headers['mcp-method'] !== seen.rpc) return fail(response, seen.id, 400, -32020)
    if (seen.rpc === 'server/discover') return json(response, seen.id, discovered(versions))
    return more(seen, response)
  }

function fail(response: Parameters<Answer>[1], id: string, status: number, code: number): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(`{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"no"}}`)
}

async function scene(more: Answer, versions?: string[]) {
  const remote = await startRemote(modern(more, versions))
  const world = await startWorld({ s: remoteServer(remote.url) })
  return {
    remote,
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

const done: Answer = (seen, response) => json(response, seen.id, '{"resultType":"complete"}')
const call = { name: 'x', arguments: {} }
const methods = (one: { remote: { seen: { rpc: string | null }[] } }) =>
  one.remote.seen.map(({ rpc }) => rpc)

describe('a client without sessions at a server without them', () => {
  it('reaches it with its own bytes, and gets the own bytes of the server', async () => {
    const result = `{"resultType":"complete", "é":1e400,"big":12345678901234567890, "_meta":{"z":1,"a":2}}`
    await using one = await scene((seen, response) => json(response, seen.id, result))
    const params = `{"name":"x", "arguments":{"b":1e400,"a":"\\u00e9"},"unknown":[ 1 ],"_meta":${JSON.stringify(metaOf({}, { traceparent: '00-1' }))}}`
    const body = `{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":${params}}`
    const response = await begin(one.world, 'tools/call', call, { body })
    expect(await response.text()).toBe(`{"jsonrpc":"2.0","id":"mine","result":${result}}`)
    const [seen] = one.remote.of('tools/call')
    expect(seen?.body).toContain(`"params":${params}`)
    expect(seen?.body).not.toContain('"mine"')
    expect(seen?.headers).toMatchObject({ 'mcp-name': 'x', 'mcp-protocol-version': '2026-07-28' })
  })

  it('opens no session there, also where the server has them as well', async () => {
    await using one = await scene(done, ['2026-07-28', '2025-11-25'])
    await post(one.world, 'tools/call', call)
    await post(one.world, 'tools/call', call)
    expect(methods(one)).toEqual(['server/discover', 'tools/call', 'tools/call'])
  })

  it('leaves the other era to a session of the same client', async () => {
    const answer = modern(done, ['2026-07-28', '2025-11-25'])
    await using remote = await startRemote((seen, response) => {
      if (seen.rpc !== 'initialize') return answer(seen, response)
      json(response, seen.id, opened)
    })
    await using world = await startWorld({ s: remoteServer(remote.url) })
    await post(world, 'tools/call', call)
    const line = await world.line('s')
    const { result } = await line.call('initialize', opening)
    line.close()
    expect(result).toEqual(JSON.parse(opened))
  })

  it('learns what the server says of itself, and which revisions Warder speaks', async () => {
    await using one = await scene(done)
    const { answer } = await post(one.world, 'server/discover')
    expect(answer.result).toEqual({
      ...JSON.parse(discovered()),
      supportedVersions: expect.arrayContaining(['2026-07-28', '2025-11-25']),
      cacheScope: 'private',
    })
  })

  it('gets lists without what it may not call, and for itself alone', async () => {
    const inputSchema = { type: 'object' }
    const tools = [
      { name: 'x', more: 1, inputSchema },
      { name: 'secret', inputSchema },
    ]
    const list = JSON.stringify({ resultType: 'complete', tools, ttlMs: 9, cacheScope: 'public' })
    await using one = await scene((seen, response) => json(response, seen.id, list))
    const { rules } = one.world.house
    one.world.house.rules = [{ effect: 'deny', client: '*', server: '*', tool: 'secret' }, ...rules]
    const { answer } = await post(one.world, 'tools/list')
    expect(answer.result).toEqual({
      resultType: 'complete',
      tools: [tools[0]],
      ttlMs: 9,
      cacheScope: 'private',
    })
  })

  it.each([
    [limits.ttlMs, limits.ttlMs],
    [limits.ttlMs + 1, limits.ttlMs],
    [Number.MAX_SAFE_INTEGER, limits.ttlMs],
    [-1, 0],
    ['long', 0],
  ])(
    'keeps what the server lets it keep for %s ms no longer than rules may stand: %s',
    async (given, kept) => {
      const result = { resultType: 'complete', tools: [], contents: [], ttlMs: given }
      const said = { ...JSON.parse(discovered()), ttlMs: given }
      await using remote = await startRemote((seen, response) =>
        json(response, seen.id, JSON.stringify(seen.rpc === 'server/discover' ? said : result)),
      )
      await using world = await startWorld({ s: remoteServer(remote.url) })
      for (const [method, params] of [
        ['server/discover'],
        ['tools/list'],
        ['resources/read', { uri: 'x:y' }],
      ] as const)
        expect((await post(world, method, params)).answer.result).toMatchObject({
          ttlMs: kept,
          cacheScope: 'private',
        })
    },
  )

  it('hears what the server says of its request, and of the log only what it asked for', async () => {
    await using one = await scene((seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = (message: object) =>
        response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
      event({ method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } })
      for (const level of ['debug', 'error'])
        event({ method: 'notifications/message', params: { level, data: 1 } })
      event({ method: 'notifications/vendor' })
      event({ id: 'asks', method: 'roots/list' })
      response.end(`data: {"jsonrpc":"2.0","id":${seen.id},"result":{"resultType":"complete"}}\n\n`)
    })
    const meta = (more: object) => ({
      meta: metaOf({ roots: {} }, { progressToken: 'p', ...more }),
    })
    const heard = async (more: object) =>
      (await post(one.world, 'tools/call', call, meta(more))).messages.map(({ method, params }) => [
        method,
        params?.level ?? params?.progressToken,
      ])
    const rest = [
      ['notifications/vendor', undefined],
      [undefined, undefined],
    ]
    expect(await heard({})).toEqual([['notifications/progress', 'p'], ...rest])
    expect(await heard({ [`${PREFIX}logLevel`]: 'info' })).toEqual([
      ['notifications/progress', 'p'],
      ['notifications/message', 'error'],
      ...rest,
    ])
  })

  it('closes the stream of a call that it gives up', async () => {
    const began = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    await using one = await scene((_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n')
      response.once('close', closed.resolve)
      began.resolve()
    })
    const closing = new AbortController()
    const begun = begin(one.world, 'tools/call', call, { signal: closing.signal })
    begun.catch(() => {})
    await began.promise
    closing.abort()
    await closed.promise
  })

  it('has its call made again after a renewal, with the state that it brought', async () => {
    let renewed = false
    await using one = await scene((seen, response) => {
      if (seen.body.includes('"requestState"') && !renewed) return response.writeHead(401).end()
      if (seen.body.includes('"requestState"')) return done(seen, response)
      json(response, seen.id, '{"resultType":"input_required","requestState":"theirs"}')
    })
    one.world.servers = { s: { url: one.remote.url, auth: 'oauth' } }
    one.world.renewed = async () => {
      renewed = true
      return 'new'
    }
    const { answer } = await post(one.world, 'tools/call', call)
    const { requestState } = answer.result ?? {}
    const again = await post(one.world, 'tools/call', { ...call, requestState })
    expect(again.answer.result).toEqual({ resultType: 'complete' })
  })

  it('mirrors the arguments of a tool once it knows that they are wanted', async () => {
    const schema = {
      type: 'object',
      properties: { r: { type: 'string', 'x-mcp-header': 'Region' } },
    }
    await using one = await scene((seen, response) => {
      if (seen.rpc === 'tools/list')
        return json(
          response,
          seen.id,
          JSON.stringify({ resultType: 'complete', tools: [{ name: 'x', inputSchema: schema }] }),
        )
      if (seen.headers['mcp-param-region'] !== 'west') return fail(response, seen.id, 400, -32020)
      done(seen, response)
    })
    const { status } = await post(one.world, 'tools/call', { name: 'x', arguments: { r: 'west' } })
    expect(status).toBe(200)
    expect(methods(one)).toEqual(['server/discover', 'tools/call', 'tools/list', 'tools/call'])
  })

  it.each([
    [-32021, 400],
    [-32601, 404],
    [-32602, 200],
  ])('gets the error %i of the server with the status %i', async (code, status) => {
    await using one = await scene((seen, response) => fail(response, seen.id, 400, code))
    const got = await post(one.world, 'tools/call', call)
    expect([got.status, got.answer.error?.code]).toEqual([status, code])
  })
})

describe('the state of such a server', () => {
  const STATE = '"th\\u00e9irs \\/ <&>"'
  const form = {
    method: 'elicitation/create',
    params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
  }
  const asks =
    (state: string | null): Answer =>
    (seen, response) => {
      if (seen.body.includes('inputResponses')) return done(seen, response)
      const own = state === null ? '' : `,"requestState":${state}`
      json(
        response,
        seen.id,
        `{"resultType":"input_required","inputRequests":{"who":${JSON.stringify(form)}}${own}}`,
      )
    }
  const wish: Wish = { capabilities: { elicitation: {} } }
  const inputResponses = { who: { action: 'decline' } }

  it('is carried sealed by the client, and comes back byte for byte', async () => {
    await using one = await scene(asks(STATE))
    const { answer } = await post(one.world, 'tools/call', call, wish)
    expect(answer.result?.inputRequests).toEqual({ who: form })
    const { requestState } = answer.result ?? {}
    expect(requestState).not.toBe(JSON.parse(STATE))
    const last = await post(
      one.world,
      'tools/call',
      { ...call, inputResponses, requestState },
      wish,
    )
    expect(last.answer.result).toEqual({ resultType: 'complete' })
    expect(one.remote.of('tools/call')[1]?.body).toContain(`"requestState":${STATE}`)
    const again = await post(
      one.world,
      'tools/call',
      { ...call, inputResponses, requestState },
      wish,
    )
    expect(again.answer.error?.code).toBe(-32602)
    expect(one.remote.of('tools/call')).toHaveLength(2)
  })

  it('is none where the server has none, and the client brings ours all the same', async () => {
    await using one = await scene(asks(null))
    const { answer } = await post(one.world, 'tools/call', call, wish)
    const { requestState } = answer.result ?? {}
    await post(one.world, 'tools/call', { ...call, inputResponses, requestState }, wish)
    const { params } = JSON.parse(one.remote.of('tools/call')[1]?.body ?? '')
    expect(params).toMatchObject({ inputResponses })
    expect(params).not.toHaveProperty('requestState')
  })

  it.each([
    ['another tool', { name: 'y' }, {}],
    ['another client', {}, { bearer: 'two' }],
    ['the own state of the server', { requestState: JSON.parse(STATE) }, {}],
  ])('reaches no server with %s', async (_what, other, own) => {
    await using one = await scene(asks(STATE))
    const { answer } = await post(one.world, 'tools/call', call, wish)
    const { requestState } = answer.result ?? {}
    const params = { ...call, inputResponses, requestState, ...other }
    const bearer = 'bearer' in own ? one.world.bearers.two : one.world.bearers.one
    const tried = await post(one.world, 'tools/call', params, { ...wish, bearer })
    expect(tried.answer.error?.code).toBe(-32602)
    expect(one.remote.of('tools/call')).toHaveLength(1)
  })

  it('is not wanted with answers that the client brings of its own accord: the server judges them', async () => {
    await using one = await scene(asks(STATE))
    const params = { ...call, inputResponses }
    const { answer } = await post(one.world, 'tools/call', params, wish)
    expect(answer.result).toEqual({ resultType: 'complete' })
    expect(JSON.parse(one.remote.of('tools/call')[0]?.body ?? '').params).toMatchObject(params)
  })

  it('comes with questions that are recorded', async () => {
    await using one = await scene(asks(STATE))
    await post(one.world, 'tools/call', call, wish)
    const intents = () =>
      one.world.house
        .rows()
        .filter(({ phase }) => phase === 'intent')
        .map(({ method }) => method)
    expect(intents()).toEqual(['tools/call', 'elicitation/create'])
  })

  it('comes with no question that the client did not declare', async () => {
    await using one = await scene(asks(STATE))
    const { answer } = await post(one.world, 'tools/call', call)
    expect(answer.error?.data).toMatchObject({ code: 'server.protocol' })
  })

  it('comes with no more questions than a person could be asked at once', async () => {
    const question = { method: 'elicitation/create', params: { message: 'Sure?' } }
    const asking =
      (count: number): Answer =>
      (seen, response) =>
        json(
          response,
          seen.id,
          JSON.stringify({
            resultType: 'input_required',
            inputRequests: Object.fromEntries(
              Array.from({ length: count }, (_, at) => [`q${at}`, question]),
            ),
          }),
        )
    for (const count of [32, 33]) {
      await using one = await scene(asking(count))
      const { answer } = await post(one.world, 'tools/call', call, wish)
      if (count === 32) expect(answer.result).toMatchObject({ resultType: 'input_required' })
      else expect(answer.error?.data).toMatchObject({ code: 'server.protocol' })
      const asked = one.world.house.rows().filter(({ method }) => method === question.method)
      expect(asked).toHaveLength(count === 32 ? 64 : 0)
    }
  })

  it.each([
    ['for a list', 'tools/list', asks(STATE)],
    ['that is no text', 'tools/call', asks('7')],
  ])('is refused %s', async (_what, method, more) => {
    await using one = await scene(more)
    const { answer } = await post(one.world, method, call, wish)
    expect(answer.error?.data).toMatchObject({ code: 'server.protocol' })
  })
})

describe('listening at such a server', () => {
  const events = (world: World, notifications: object, signal: AbortSignal) =>
    begin(world, 'subscriptions/listen', { notifications }, { id: 'mine', signal })

  it('passes under the id of the client, without what it may not read', async () => {
    const listening = Promise.withResolvers<(message: object) => void>()
    const closed = Promise.withResolvers<void>()
    await using one = await scene((seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.once('close', closed.resolve)
      const { notifications } = JSON.parse(seen.body).params
      const _meta = { [`${PREFIX}subscriptionId`]: JSON.parse(seen.id) }
      const say = (message: object, params: object) =>
        response.write(
          `data: ${JSON.stringify({ jsonrpc: '2.0', ...message, params: { ...params, _meta } })}\n\n`,
        )
      say({ method: 'notifications/subscriptions/acknowledged' }, { notifications })
      listening.resolve((message) =>
        say(message, { uri: 'x:1', ...('params' in message ? (message.params as object) : {}) }),
      )
    })
    const { rules } = one.world.house
    one.world.house.rules = [
      { effect: 'deny', client: '*', server: '*', resource: 'x:secret' },
      ...rules,
    ]
    const closing = new AbortController()
    const wanted = { toolsListChanged: true, resourceSubscriptions: ['x:1', 'x:secret'] }
    const response = await events(one.world, wanted, closing.signal)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const next = async () => JSON.parse((await reader?.read())?.value?.slice(6) ?? '') as Message
    expect((await next()).params).toEqual({
      _meta: { [`${PREFIX}subscriptionId`]: 'mine' },
      notifications: { toolsListChanged: true, resourceSubscriptions: ['x:1'] },
    })
    const say = await listening.promise
    say({ method: 'notifications/message', params: { level: 'error' } })
    say({ method: 'notifications/resources/updated', params: { uri: 'x:secret' } })
    say({ method: 'notifications/resources/updated' })
    expect((await next()).params).toEqual({
      uri: 'x:1',
      _meta: { [`${PREFIX}subscriptionId`]: 'mine' },
    })
    closing.abort()
    await closed.promise
  })

  it('is refused where the resources are no list', async () => {
    await using one = await scene(done)
    const { answer } = await post(one.world, 'subscriptions/listen', {
      notifications: { resourceSubscriptions: 'x:secret' },
    })
    expect(answer.error?.data).toMatchObject({ code: 'bridge.malformed' })
    expect(one.remote.of('subscriptions/listen')).toEqual([])
  })
})
