import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import { eventsIn } from '../support/alone.ts'
import { sessionServer } from '../support/session-server.ts'
import { opening, startWorld } from '../support/world.ts'

/** What a client of sessions hears over HTTP without having asked (MCP 2025-11-25, Listening for Messages from the Server). */

/** Says what its tool is told to say, and tells what it was answered. */
const SAYS = `(message, { send, answer, seen }) => {
  if (message.method === 'tools/call') {
    if (message.params.name === 'told') return answer({ content: [], told: seen.filter(({ method }) => method === undefined) })
    answer({ content: [] })
    for (const one of message.params.arguments.say) send(one)
  } else if (message.method === 'tools/list') answer({ tools: [{ name: 'say', inputSchema: { type: 'object' } }] })
  else if (message.id !== undefined && message.method) answer({})
}`
const ABLE = { tools: { listChanged: true }, resources: { subscribe: true } }

async function scene(server: string | null = 's') {
  const world = await startWorld({ s: sessionServer(SAYS, ABLE) })
  const url = server === null ? `${world.base}/mcp` : `${world.base}/mcp/${server}`
  const headers = (session: string | undefined, more: Record<string, string> = {}) => ({
    authorization: `Bearer ${world.bearers.one}`,
    accept: 'application/json, text/event-stream',
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
    ...more,
  })
  let ids = 0
  const post = (body: object, session?: string) =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers(session), 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    })
  const call = async (method: string, params: object, session?: string) => {
    const response = await post({ id: ++ids, method, params }, session)
    return { response, text: await response.text() }
  }
  const { response } = await call('initialize', opening)
  const session = response.headers.get('mcp-session-id') ?? ''
  await post({ method: 'notifications/initialized' }, session)
  const ask = (method: 'GET' | 'DELETE', more: Record<string, string> = {}, own = session) =>
    fetch(url, { method, headers: headers(own, more) })
  return {
    world,
    session,
    post,
    call: (method: string, params: object) => call(method, params, session),
    ask,
    say: (...say: object[]) =>
      call('tools/call', { name: name(server, 'say'), arguments: { say } }, session),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const name = (server: string | null, tool: string) => (server === null ? `s__${tool}` : tool)

/** The messages of a stream, one at a time; null at its end. */
function heardOn(response: Response) {
  const texts = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const waiting: string[] = []
  return async (): Promise<Record<string, unknown> | null> => {
    while (waiting.length === 0) {
      const { value, done } = (await texts?.read()) ?? { done: true, value: undefined }
      if (done) return null
      waiting.push(...eventsIn(value ?? ''))
    }
    return JSON.parse(waiting.shift() ?? '')
  }
}

const note = (method: string, params?: object) => ({
  jsonrpc: '2.0',
  method,
  ...(params && { params }),
})

describe('the stream of a session at the token door', () => {
  it('carries what the server says of no call, also after that call', async () => {
    await using one = await scene()
    const stream = await one.ask('GET')
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    const next = heardOn(stream)
    const said = note('notifications/resources/updated', { uri: 'x:y' })
    await one.say(said)
    expect(await next()).toEqual(said)
  })

  it('carries a question of the server, which is answered with a request of its own', async () => {
    await using one = await scene()
    const next = heardOn(await one.ask('GET'))
    await one.say({ id: 'q', method: 'roots/list' })
    const question = await next()
    expect(question).toMatchObject({ method: 'roots/list' })
    const answer = await one.post({ id: question?.id, result: { roots: [] } }, one.session)
    expect(answer.status).toBe(202)
    const { text } = await one.call('tools/call', { name: 'told' })
    expect(JSON.parse(text).result.told).toEqual([
      { jsonrpc: '2.0', id: 'q', result: { roots: [] } },
    ])
  })

  it.each([['s'], [null]])(
    'tells that lists are others where Warder is the reason (%s)',
    async (server) => {
      await using one = await scene(server)
      await one.call('tools/list', {})
      const next = heardOn(await one.ask('GET'))
      one.world.bridge.announce()
      one.world.pass(10_000)
      const told = [await next(), await next(), await next()].map((said) => said?.method)
      expect(told).toEqual(
        ['tools', 'resources', 'prompts'].map((list) => `notifications/${list}/list_changed`),
      )
    },
  )

  it('is what the official client hears its subscription on', async () => {
    await using one = await scene()
    const client = new Client({ name: 'test', version: '1' })
    const heard = Promise.withResolvers<string>()
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
      heard.resolve(params.uri),
    )
    const { world } = one
    const authorization = `Bearer ${world.bearers.one}`
    const opened = Promise.withResolvers<void>()
    const transport = new StreamableHTTPClientTransport(new URL(`${world.base}/mcp/s`), {
      requestInit: { headers: { authorization } },
      async fetch(url, init) {
        const response = await fetch(url, init)
        if (init?.method === 'GET' && response.ok) opened.resolve()
        return response
      },
    })
    await client.connect(transport)
    await opened.promise
    await client.subscribeResource({ uri: 'x:y' })
    const updated = note('notifications/resources/updated', { uri: 'x:y' })
    await client.callTool({ name: 'say', arguments: { say: [updated] } })
    expect(await heard.promise).toBe('x:y')
    await transport.terminateSession()
    await client.close()
  })

  it.each<[string, Record<string, string>, number]>([
    ['another session', { 'mcp-session-id': 'nobody' }, 404],
    ['a client that does not take one', { accept: 'application/json' }, 406],
    ['a client of a revision without sessions', { 'mcp-protocol-version': '2026-07-28' }, 405],
    ['a page', { 'sec-fetch-site': 'cross-site' }, 403],
    ['nobody', { authorization: 'Bearer wdr_nobody' }, 401],
  ])('is not for %s', async (_who, headers, status) => {
    await using one = await scene()
    expect((await one.ask('GET', headers)).status).toBe(status)
  })

  it('is not for another client, and there is one for each session', async () => {
    await using one = await scene()
    const authorization = `Bearer ${one.world.bearers.two}`
    expect((await one.ask('GET', { authorization })).status).toBe(404)
    const first = await one.ask('GET')
    expect((await one.ask('GET')).status).toBe(409)
    await first.body?.cancel()
    // Its end is seen when it has come.
    let again = await one.ask('GET')
    while (again.status === 409) again = await one.ask('GET')
    expect(again.status).toBe(200)
  })

  it.each(['shut out', 'stopped'] as const)('ends when its client is %s', async (how) => {
    await using one = await scene()
    const next = heardOn(await one.ask('GET'))
    if (how === 'shut out') await one.world.bridge.shutOut('one')
    else await one.world.bridge.cutAll()
    expect(await next()).toBeNull()
  })
})

describe('a client that ends its session', () => {
  it('has its stream ended and its server with it, and the session is unknown from then on', async () => {
    await using one = await scene()
    const next = heardOn(await one.ask('GET'))
    await one.call('tools/list', {})
    expect(one.world.running()).toEqual(['s'])
    expect((await one.ask('DELETE')).status).toBe(204)
    expect(await next()).toBeNull()
    expect(one.world.running()).toEqual([])
    const { response } = await one.call('tools/list', {})
    expect(response.status).toBe(404)
    expect((await one.ask('DELETE')).status).toBe(404)
  })

  it('cannot end that of another client', async () => {
    await using one = await scene()
    const authorization = `Bearer ${one.world.bearers.two}`
    expect((await one.ask('DELETE', { authorization })).status).toBe(404)
    expect((await one.call('tools/list', {})).response.status).toBe(200)
  })
})
