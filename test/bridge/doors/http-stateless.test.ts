import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begin, metaOf, PREFIX, post, type Wish } from '../support/alone.ts'
import { json, type Remote, startRemote, usual } from '../support/remote.ts'
import { opening, remoteServer, startWorld, type World } from '../support/world.ts'

let remote: Remote
let world: World
beforeAll(async () => {
  remote = await startRemote(
    usual((seen, response) => {
      if (seen.rpc === 'tools/list') return json(response, seen.id, TOOLS)
      if (seen.rpc === 'unknown') return fail(response, seen.id, -32601)
      if (seen.rpc !== 'tools/call') return fail(response, seen.id, -32002)
      json(response, seen.id, '{"content":[]}')
    }),
  )
  world = await startWorld({ s: remoteServer(remote.url) })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await remote[Symbol.asyncDispose]()
})

const fail = (response: Parameters<Parameters<typeof usual>[0]>[1], id: string, code: number) =>
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(`{"jsonrpc":"2.0","id":${id},"error":{"message":"no","code":${code}}}`)

const mirrors = { type: 'object', properties: { n: { type: 'integer', 'x-mcp-header': 'Count' } } }
const TOOLS = JSON.stringify({ tools: [{ name: 'counts', inputSchema: mirrors }, { name: 'é' }] })
const call = { name: 'x', arguments: {} }

describe('a request that stands alone at the token door', () => {
  it('is answered without a session, whatever headers of one it brings', async () => {
    const headers = { 'mcp-session-id': 'nobody', 'last-event-id': '7' }
    const { status, answer, headers: answered } = await post(world, 'tools/call', call, { headers })
    expect(status).toBe(200)
    expect(answer.result).toMatchObject({ resultType: 'complete', content: [] })
    expect(answered.get('mcp-session-id')).toBeNull()
  })

  const meta = (without: string) =>
    Object.fromEntries(Object.entries(metaOf()).filter(([key]) => key !== PREFIX + without))
  it.each([
    ['no _meta', { body: '{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{}}' }, -32602],
    ['no params', { body: '{"jsonrpc":"2.0","id":7,"method":"tools/list"}' }, -32602],
    ['no revision', { meta: meta('protocolVersion') }, -32602],
    ['no abilities', { meta: meta('clientCapabilities') }, -32602],
    [
      'abilities that are none',
      { meta: { ...metaOf(), [`${PREFIX}clientCapabilities`]: [] } },
      -32602,
    ],
    ['a level that nobody knows', { meta: { ...metaOf(), [`${PREFIX}logLevel`]: 'loud' } }, -32602],
    [
      'a revision that is no text',
      { meta: { ...metaOf(), [`${PREFIX}protocolVersion`]: 7 } },
      -32602,
    ],
    [
      'another revision in its header',
      { headers: { 'mcp-protocol-version': '2025-11-25' } },
      -32020,
    ],
    ['no revision in its headers', { headers: { 'mcp-protocol-version': null } }, -32020],
    ['no method in its headers', { headers: { 'mcp-method': null } }, -32020],
    ['another method in its headers', { headers: { 'mcp-method': 'tools/lists' } }, -32020],
    ['its method in other letters', { headers: { 'mcp-method': 'Tools/call' } }, -32020],
    ['no name in its headers', { headers: { 'mcp-name': null } }, -32020],
    ['another name in its headers', { headers: { 'mcp-name': 'X' } }, -32020],
    ['a name that is no base64', { headers: { 'mcp-name': '=?base64?eA?=' } }, -32020],
  ] as [string, Wish, number][])('is refused with %s', async (_what, wish, code) => {
    const before = remote.of('tools/call').length
    const { status, answer } = await post(world, 'tools/call', call, { id: 7, ...wish })
    expect({ status, code: answer.error?.code, id: answer.id }).toEqual({
      status: 400,
      code,
      id: 7,
    })
    expect(remote.of('tools/call')).toHaveLength(before)
  })

  it('is told which revisions are spoken where it asks for another one', async () => {
    const wish = {
      meta: { ...metaOf(), [`${PREFIX}protocolVersion`]: '1999-01-01' },
      headers: { 'mcp-protocol-version': '1999-01-01' },
    }
    const { status, answer } = await post(world, 'tools/call', call, wish)
    expect(status).toBe(400)
    expect(answer.error).toMatchObject({
      code: -32022,
      data: {
        supported: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
        requested: '1999-01-01',
      },
    })
  })

  it('is taken with a name that its header holds as base64', async () => {
    const headers = { 'mcp-name': '=?base64?w6k=?=' }
    expect((await post(world, 'tools/call', { name: 'é' }, { headers })).status).toBe(200)
  })

  it.each([
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
  ])('finds no %s any more', async (method) => {
    const before = remote.of(method).length
    const { status, answer } = await post(world, method, { level: 'info', uri: 'x:y' })
    expect({ status, code: answer.error?.code }).toEqual({ status: 404, code: -32601 })
    expect(remote.of(method)).toHaveLength(before)
  })

  it('learns with 404 that the server does not know its method', async () => {
    const { status, answer } = await post(world, 'unknown')
    expect({ status, code: answer.error?.code }).toEqual({ status: 404, code: -32601 })
  })

  it('learns of a resource that is not there in the words of its revision', async () => {
    const { status, answer } = await post(world, 'resources/read', { uri: 'x:y' })
    expect({ status, code: answer.error?.code }).toEqual({ status: 200, code: -32602 })
  })

  it.each([
    ['its header', { 'mcp-param-count': '3' }, 200],
    ['the same number in other digits', { 'mcp-param-count': '3.0' }, 200],
    ['another number', { 'mcp-param-count': '4' }, 400],
    ['no header', {}, 400],
    ['a header that nobody knows beside it', { 'mcp-param-count': '3', 'mcp-param-x': 'y' }, 200],
  ])('that its tool wants mirrored comes with %s', async (_what, headers, status) => {
    await post(world, 'tools/list')
    const params = { name: 'counts', arguments: { n: 3 } }
    expect((await post(world, 'tools/call', params, { headers })).status).toBe(status)
  })

  it('is refused in a number of its own where a rule says no', async () => {
    world.house.rules = [
      { effect: 'deny', client: '*', server: '*', tool: 'x' },
      ...world.house.rules,
    ]
    const { status, answer } = await post(world, 'tools/call', call)
    world.house.rules = world.house.rules.slice(1)
    expect(status).toBe(200)
    expect(answer.error).toMatchObject({ code: -31050, data: { code: 'policy.denied' } })
  })

  it('is decided by its body alone', async () => {
    world.house.rules = [
      { effect: 'deny', client: '*', server: '*', tool: 'x' },
      ...world.house.rules,
    ]
    const before = remote.of('tools/call').length
    const { status } = await post(world, 'tools/call', call, { headers: { 'mcp-name': 'y' } })
    world.house.rules = world.house.rules.slice(1)
    expect(status).toBe(400)
    expect(remote.of('tools/call')).toHaveLength(before)
  })

  it('is no answer, and a notification of it is taken and means nothing', async () => {
    const before = remote.seen.length
    const answer = await post(world, 'x', {}, { body: '{"jsonrpc":"2.0","id":1,"result":{}}' })
    expect(answer.status).toBe(400)
    const body = '{"jsonrpc":"2.0","method":"notifications/initialized"}'
    const { status, messages } = await post(world, 'notifications/initialized', {}, { body })
    expect({ status, messages }).toEqual({ status: 202, messages: [] })
    expect(remote.seen).toHaveLength(before)
  })

  it('stands beside a session of the same client', async () => {
    const headers = {
      authorization: `Bearer ${world.bearers.one}`,
      'content-type': 'application/json',
    }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: opening })
    const session = await fetch(`${world.base}/mcp/s`, { method: 'POST', headers, body })
    expect(session.headers.get('mcp-session-id')).not.toBeNull()
    expect((await post(world, 'tools/call', call)).status).toBe(200)
  })
})

describe('two requests of one id', () => {
  it('are two where they come on two responses', async () => {
    const wish = { id: 'same' }
    const both = await Promise.all([
      post(world, 'tools/call', call, wish),
      post(world, 'tools/call', call, wish),
    ])
    expect(both.map(({ answer }) => answer.result?.content)).toEqual([[], []])
  })
})

describe('the session that stands behind them', () => {
  it('is opened once for the same abilities, and closed with the client', async () => {
    await using other = await startWorld({ s: remoteServer(remote.url) })
    const before = remote.of('initialize').length
    await post(other, 'tools/call', call)
    await post(other, 'tools/list')
    expect(remote.of('initialize')).toHaveLength(before + 1)
    await post(other, 'tools/list', {}, { bearer: other.bearers.two })
    await post(other, 'tools/list', {}, { capabilities: { elicitation: {} } })
    expect(remote.of('initialize')).toHaveLength(before + 3)
    expect(JSON.parse(remote.of('initialize').at(-1)?.body ?? '').params).toEqual({
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'test', version: '1' },
    })
    await other.bridge.shutOut('one')
    expect(other.bridge.sessions()).toEqual(['two'])
  })

  it('is never told what made its requests stand alone', async () => {
    const meta = metaOf({}, { traceparent: '00-1', [`${PREFIX}logLevel`]: 'info' })
    const params = { name: 'x', requestState: undefined, arguments: { big: 1 } }
    await post(world, 'tools/call', params, { meta })
    const seen = JSON.parse(remote.of('tools/call').at(-1)?.body ?? '')
    expect(seen.params).toEqual({
      name: 'x',
      arguments: { big: 1 },
      _meta: { traceparent: '00-1' },
    })
  })
})

it('gives a call up when its client closes the response', async () => {
  const began = Promise.withResolvers<void>()
  const told = Promise.withResolvers<string>()
  const answer = usual((seen, response) => {
    if (seen.rpc === 'tools/call') began.resolve()
    else fail(response, seen.id, -32601)
  })
  await using slow = await startRemote((seen, response) => {
    if (seen.rpc === 'notifications/cancelled') told.resolve(seen.body)
    return answer(seen, response)
  })
  await using other = await startWorld({ s: remoteServer(slow.url) })
  const closing = new AbortController()
  const begun = begin(other, 'tools/call', call, { signal: closing.signal })
  begun.catch(() => {})
  await began.promise
  closing.abort()
  const { requestId } = JSON.parse(await told.promise).params
  expect(String(requestId)).toBe(slow.of('tools/call')[0]?.id)
  const rows = () => other.house.rows().filter(({ method }) => method === 'tools/call')
  expect(rows().map(({ outcome }) => outcome)).toContain('cancelled')
})
