import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { everythingStdio, statelessStdio } from '../../harness/stdio-servers.ts'
import { type Line, localServer, opening, startWorld } from '../support/world.ts'

const call = (name: string, args = {}) => ({ name, arguments: args })
const texts = (answer: Record<string, unknown>) =>
  (answer.result as { content: { text: string }[] }).content.map(({ text }) => JSON.parse(text))

async function opened(definition: { command: string; args: string[] }, capabilities: object = {}) {
  const world = await startWorld({ s: definition as never })
  const line = await world.line('s')
  const answered = await line.call('initialize', { ...opening, capabilities })
  line.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
  return {
    world,
    line,
    opened: answered,
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

async function nextMessage(line: Line): Promise<Record<string, unknown> & { id: string }> {
  return JSON.parse((await line.next()) ?? '{}')
}

/** A local server that does with each message what the body says, and remembers what it has got. */
const server = (body: string) =>
  localServer(`
import { createInterface } from 'node:readline'
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
const seen = []
const session = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } }
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  const { id, method } = message
  seen.push(method)
  ${body}
}`) as { command: string; args: string[] }

const answersCalls = `if (method === 'tools/call') say({ id, result: { content: [{ text: JSON.stringify(seen) }] } })`

describe.each(['reject', 'serve'] as const)(
  'a local server of the stateless revision (the SDK, legacy: %s), for a client of sessions',
  (legacy) => {
    it('is opened, and answers calls', async () => {
      await using scene = await opened(statelessStdio(legacy))
      expect(scene.opened.result).toMatchObject({
        protocolVersion: '2025-11-25',
        serverInfo: { name: 'stateless' },
      })
      const { result } = await scene.line.call('tools/list')
      expect((result as { tools: unknown[] }).tools.length).toBeGreaterThan(3)
      expect(texts(await scene.line.call('tools/call', call('echo', { a: 1 })))).toEqual([{ a: 1 }])
      expect(await scene.line.call('ping')).toMatchObject({ result: {} })
      expect(scene.world.running()).toEqual(['s'])
    })

    it('is named by its own revision where the user tests it', async () => {
      await using scene = await opened(statelessStdio(legacy))
      expect(await scene.world.bridge.test('s')).toMatchObject({
        protocolVersion: '2026-07-28',
        server: { name: 'stateless' },
      })
    })

    it('asks the client, and has each round recorded', async () => {
      await using scene = await opened(statelessStdio(legacy), { elicitation: {} })
      const message = { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: call('greet') }
      scene.line.send(JSON.stringify(message))
      const { id, method } = await nextMessage(scene.line)
      expect(method).toBe('elicitation/create')
      const result = { action: 'accept', content: { name: 'Ada' } }
      scene.line.send(JSON.stringify({ jsonrpc: '2.0', id, result }))
      expect(texts(await nextMessage(scene.line))).toEqual(['Hello Ada, the state'])
      const calls = scene.world.house.rows().filter((row) => row.target === 'greet')
      expect(calls.map(({ phase, code }) => [phase, code])).toEqual([
        ['intent', null],
        ['outcome', 'input-required'],
        ['intent', null],
        ['outcome', null],
      ])
    })

    it('shows progress, and is told of a call that is given up', async () => {
      await using scene = await opened(statelessStdio(legacy))
      const params = { ...call('wait'), _meta: { progressToken: 'p' } }
      scene.line.send(JSON.stringify({ jsonrpc: '2.0', id: 'x', method: 'tools/call', params }))
      expect(await nextMessage(scene.line)).toMatchObject({ method: 'notifications/progress' })
      scene.line.send(
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}',
      )
      expect(texts(await scene.line.call('tools/call', call('cancelled')))).toEqual([1])
    })

    it('is started again after its end, and asked again for what it can do', async () => {
      await using scene = await opened(statelessStdio(legacy))
      expect(await scene.line.call('tools/call', call('die'))).toMatchObject({
        error: { data: { code: 'server.ended' } },
      })
      expect(texts(await scene.line.call('tools/call', call('echo', { b: 2 })))).toEqual([{ b: 2 }])
    })
  },
)

describe('the era of a local server (MCP 2026-07-28, stdio, Backward Compatibility)', () => {
  it('is asked for once, and server-everything is spoken to as ever', async () => {
    await using scene = await opened({ ...everythingStdio, args: [...everythingStdio.args] })
    expect(scene.opened).toMatchObject({
      result: { serverInfo: { name: 'mcp-servers/everything' } },
    })
    expect(await scene.line.call('tools/call', call('echo', { message: 'é' }))).toMatchObject({
      result: { content: [{ text: 'Echo: é' }] },
    })
  })

  it.each([
    ['knows no such method', `say({ id, error: { code: -32601, message: 'no' } })`],
    ['finds its parameters invalid', `say({ id, error: { code: -32602, message: 'no' } })`],
    ['wants to be opened first', `say({ id, error: { code: 0, message: 'no' } })`],
    ['answers anything', `say({ id, result: {} })`],
  ])('is that of sessions where it %s, which it is asked once', async (_, says) => {
    const body = `if (method === 'server/discover') ${says}
      else if (method === 'initialize') say({ id, result: session })
      else ${answersCalls}`
    await using scene = await opened(server(body))
    expect(scene.opened).toMatchObject({ result: { serverInfo: { name: 's' } } })
    expect(texts(await scene.line.call('tools/call', call('x')))).toEqual([
      ['server/discover', 'initialize', 'notifications/initialized', 'tools/call'],
    ])
    const second = await scene.world.line('s')
    await second.open()
    expect(texts(await second.call('tools/call', call('x')))).toEqual([
      ['initialize', 'notifications/initialized', 'tools/call'],
    ])
    second.close()
  })

  it('is that of sessions where the server ends at the question, and it is started anew', async () => {
    const body = `if (method === 'server/discover') process.exit(1)
      if (method === 'initialize') say({ id, result: session })
      else ${answersCalls}`
    await using scene = await opened(server(body))
    expect(texts(await scene.line.call('tools/call', call('x')))).toEqual([
      ['initialize', 'notifications/initialized', 'tools/call'],
    ])
    expect(scene.world.running()).toEqual(['s'])
  })

  it('is that of sessions where the server is silent', async () => {
    const body = `if (method === 'initialize') say({ id, result: session })
      else ${answersCalls}`
    await using scene = await opened(server(body))
    expect(scene.opened).toMatchObject({ result: { serverInfo: { name: 's' } } })
    const second = await scene.world.line('s')
    await second.open()
    expect(texts(await second.call('tools/call', call('x')))).toEqual([
      ['initialize', 'notifications/initialized', 'tools/call'],
    ])
    second.close()
  })

  const discovered = `{ resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } }`

  it('is still heard where the server has needed longer to start', async () => {
    const body = `
      if (method === 'initialize') {
        say({ id: seen.first, result: ${discovered} })
        say({ id, error: { code: -32022, message: 'no', data: { supported: ['2026-07-28'] } } })
      } else if (method === 'server/discover') seen.first = id
      else ${answersCalls}`
    await using scene = await opened(server(body))
    expect(scene.opened).toMatchObject({ result: { capabilities: { tools: {} } } })
    expect(texts(await scene.line.call('tools/call', call('x')))).toEqual([
      ['server/discover', 'initialize', 'tools/call'],
    ])
  })

  it('is stateless for a server that knows neither question', async () => {
    const body = `if (method === 'tools/call') say({ id, result: { resultType: 'complete', content: [] } })
      else say({ id, error: { code: -32601, message: 'no' } })`
    await using scene = await opened(server(body))
    expect(scene.opened).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
    expect(await scene.line.call('tools/call', call('x'))).toMatchObject({ result: {} })
  })

  it('is no reason to start a server whose stop has come', async () => {
    let starts = 0
    const listener = createServer((socket) => {
      starts++
      world.stopped = true
      socket.destroy()
    })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const body = `if (method === 'server/discover')
      (await import('node:net')).connect(${port}, '127.0.0.1').on('close', () => process.exit(1))`
    await using world = await startWorld({ s: server(body) })
    const line = await world.line('s')
    await line.call('initialize', opening)
    expect(starts).toBe(1)
    line.close()
    listener.close()
  })
})
