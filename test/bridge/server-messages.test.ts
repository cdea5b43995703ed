import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type JSONRPCMessage,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import { json, startRemote, usual } from './support/remote.ts'
import { sessionServer } from './support/session-server.ts'
import {
  type Line,
  localServer,
  opening,
  remoteServer,
  startWorld,
  type World,
} from './support/world.ts'

/** A real server of the official SDK that asks the client for everything in the course of one call. */
const curious = `
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js'
const server = new Server({ name: 'curious', version: '1' }, { capabilities: { tools: {}, logging: {} } })
server.setRequestHandler(CallToolRequestSchema, async (request, { sendNotification }) => {
  const progressToken = request.params._meta?.progressToken
  if (progressToken !== undefined)
    await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
  const roots = await server.listRoots()
  const sampled = await server.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'Ω?' } }], maxTokens: 9 })
  const elicited = await server.elicitInput({ message: 'sure?', requestedSchema: { type: 'object', properties: {} } })
  return { content: [{ type: 'text', text: JSON.stringify({ roots, sampled, elicited }) }] }
})
await server.connect(new StdioServerTransport())`

function curiousClient(): Client {
  const capabilities = { roots: {}, sampling: {}, elicitation: {} }
  const client = new Client({ name: 'client', version: '1' }, { capabilities })
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///r' }] }))
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: 'm',
    role: 'assistant',
    content: { type: 'text', text: 'Ω!' },
  }))
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }))
  return client
}

/** The client's side of its socket, as the shim gives it to a client. */
function transportOver(line: Line): Transport {
  const transport: Transport = {
    async start() {
      const read = async () => {
        for (let text = await line.next(); text !== null; text = await line.next())
          transport.onmessage?.(JSON.parse(text) as JSONRPCMessage)
        transport.onclose?.()
      }
      // The end of the line, however it came.
      read().catch(() => {})
    },
    async send(message) {
      line.send(JSON.stringify(message))
    },
    async close() {
      line.close()
    },
  }
  return transport
}

const doors: [string, (world: World) => Promise<Transport>][] = [
  ['its socket', async (world) => transportOver(await world.line('s'))],
  [
    'the token door',
    async (world) =>
      new StreamableHTTPClientTransport(new URL(`${world.base}/mcp/s`), {
        requestInit: { headers: { authorization: `Bearer ${world.bearers.one}` } },
      }) as Transport,
  ],
]

describe('what a server asks in the course of a call', () => {
  it.each(doors)(
    'reaches the client over %s, and its answers come back',
    async (_name, connect) => {
      await using world = await startWorld({ s: localServer(curious) })
      const client = curiousClient()
      await client.connect(await connect(world))
      const progress: number[] = []
      const result = await client.callTool({ name: 'x' }, undefined, {
        onprogress: (step) => void progress.push(step.progress),
      })
      const [content] = result.content as { text: string }[]
      expect(JSON.parse(content?.text ?? '')).toMatchObject({
        roots: { roots: [{ uri: 'file:///r' }] },
        sampled: { content: { text: 'Ω!' } },
        elicited: { action: 'decline' },
      })
      expect(progress).toEqual([1])
      const asked = world.house
        .rows()
        .filter((row) => /^(?:roots|sampling|elicitation)\//.test(row.method))
      expect(asked.map((row) => [row.method, row.phase, row.outcome])).toEqual([
        ['roots/list', 'intent', null],
        ['roots/list', 'outcome', 'ok'],
        ['sampling/createMessage', 'intent', null],
        ['sampling/createMessage', 'outcome', 'ok'],
        ['elicitation/create', 'intent', null],
        ['elicitation/create', 'outcome', 'ok'],
      ])
      await client.close()
    },
  )
})

/** Asks twice under ids that the client uses as well, and once under an id that JSON writes in two ways. */
const asking = (lines: string[]) => `
import { createInterface } from 'node:readline'
const opened = '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"a","version":"1"}}'
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line)
  if (method === 'initialize') console.log('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + opened + '}')
  else if (method === 'server/discover') console.log('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":{}}')
  else if (method === 'ping') console.log('{"jsonrpc":"2.0","id":' + id + ',"result":{}}')
  else if (method === 'notifications/progress') console.log('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5,"reason":"r"}}')
  else if (method === 'tools/call') for (const text of ${JSON.stringify(lines)}) console.log(text)
  else if (method === undefined) console.log(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: line } }))
}`
const ask = (id: string) => `{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`

describe('the ids of a server', () => {
  it('are its own: they meet neither those of the client nor each other', async () => {
    await using world = await startWorld({
      s: localServer(asking([ask('1'), ask('"c2"'), ask('"\\u0061"')])),
    })
    const line = await world.line('s')
    await line.open()
    line.send('{"jsonrpc":"2.0","id":"c2","method":"tools/call","params":{"name":"x"}}')
    const requests = [await line.next(), await line.next(), await line.next()]
    for (const [index, id] of ['1', '"c2"', '"\\u0061"'].entries()) {
      const request = JSON.parse(requests[index] ?? '')
      expect(request.method).toBe('roots/list')
      line.send(`{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":{"roots":[]}}`)
      expect(JSON.parse((await line.next()) ?? '').params.data).toContain(`"id":${id},`)
      // A second answer is nobody's.
      line.send(`{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":{"roots":[1]}}`)
    }
    line.close()
  })

  it('are translated when the server gives a request up', async () => {
    await using world = await startWorld({ s: localServer(asking([ask('5')])) })
    const line = await world.line('s')
    await line.open()
    line.send('{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"x"}}')
    const request = JSON.parse((await line.next()) ?? '')
    line.send('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1}}')
    const cancelled = JSON.parse((await line.next()) ?? '')
    expect(cancelled.params).toEqual({ requestId: request.id, reason: 'r' })
    line.close()
  })

  it('end with the server: the next one does not get the answers', async () => {
    await using world = await startWorld({ s: localServer(asking([ask('1')])) })
    const line = await world.line('s')
    await line.open()
    line.send('{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"x"}}')
    const request = JSON.parse((await line.next()) ?? '')
    await world.bridge.cutServer('s')
    expect(await line.call('ping')).toMatchObject({ result: {} })
    line.send(`{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":{"roots":[]}}`)
    // An answer that came through would be told as a notification before this.
    line.send('{"jsonrpc":"2.0","id":"after","method":"ping"}')
    expect(JSON.parse((await line.next()) ?? '').id).toBe('after')
    const rows = world.house.rows().filter((row) => row.method === 'roots/list')
    expect(rows.map((row) => row.outcome)).toEqual([null, 'cancelled'])
    line.close()
  })
})

it('is told that nobody can be asked where a client has no way back, and no rule is blamed for it', async () => {
  await using world = await startWorld({
    s: sessionServer(`(message, { send, seen }) => {
      if (message.method === 'notifications/roots/list_changed') send({ id: 'q', method: 'roots/list' })
      const call = seen.find(({ method }) => method === 'tools/call')
      const told = seen.find(({ id, error }) => id === 'q' && error)
      if (call && told) send({ id: call.id, result: told })
    }`),
  })
  const post = poster(world)
  await post({ id: 1, method: 'initialize', params: opening })
  await post({ method: 'notifications/initialized' })
  const recorded = new Promise<void>((resolve) => {
    world.house.audit.events.on('appended', (rows) => {
      if (rows.some(({ method, phase }) => method === 'roots/list' && phase === 'outcome'))
        resolve()
    })
  })
  // Said outside of any call: at this door only a call has a way back.
  await post({ method: 'notifications/roots/list_changed' })
  await recorded
  const answer = await post({ id: 2, method: 'tools/call', params: { name: 'x' } })
  expect(answer).toMatchObject({ result: { error: { data: { code: 'bridge.client_away' } } } })
  expect(world.house.rows().filter(({ method }) => method === 'roots/list')).toMatchObject([
    { phase: 'intent', decision: 'allow' },
    { phase: 'outcome', outcome: 'error', code: 'bridge.client_away' },
  ])
})

function poster(world: World) {
  const headers: Record<string, string> = {
    authorization: `Bearer ${world.bearers.one}`,
    'content-type': 'application/json',
  }
  return async (message: object): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    const response = await fetch(`${world.base}/mcp/s`, { method: 'POST', headers, body })
    const session = response.headers.get('mcp-session-id')
    if (session !== null) headers['mcp-session-id'] = session
    const text = await response.text()
    return text === '' ? null : JSON.parse(text)
  }
}

it('keeps news of a resource from a client that may not read it', async () => {
  const note = (uri: string) =>
    `data: {"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"${uri}"}}\n\n`
  await using remote = await startRemote(
    usual(({ id, rpc }, response) => {
      if (rpc !== 'tools/call') return json(response, id, '{}')
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        `${note('file:///no')}${note('file:///yes')}data: {"jsonrpc":"2.0","id":${id},"result":{}}\n\n`,
      )
    }),
  )
  await using world = await startWorld({ s: remoteServer(remote.url) }, [
    { effect: 'allow', client: '*', server: '*', tool: '*' },
    { effect: 'allow', client: '*', server: '*', resource: 'file:///yes' },
  ])
  const line = await world.line('s')
  await line.open()
  line.send('{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"x"}}')
  expect(await line.next()).toContain('file:///yes')
  expect(await line.next()).toContain('"id":"x"')
  line.close()
})

it('tells a client of sessions once that a list has changed, whatever stream the server says it is for', async () => {
  const on = `(message, { send, answer }) => {
    if (message.id === undefined) return
    if (message.method === 'tools/call') for (const stream of [1, 2, 3])
      send({ method: 'notifications/tools/list_changed', params: { _meta: { 'io.modelcontextprotocol/subscriptionId': stream } } })
    answer({})
  }`
  await using world = await startWorld({ s: sessionServer(on, { tools: { listChanged: true } }) })
  const line = await world.line('s')
  await line.open()
  line.send('{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"x"}}')
  expect(await line.next()).toContain('list_changed')
  expect(await line.next()).toContain('"id":"x"')
  line.close()
})
