import type { Client } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { type ModernClients, modernClients } from '../harness/modern-client.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { type StatelessServer, startStatelessServer } from '../harness/stateless-http-server.ts'
import { everythingStdio, statelessStdio } from '../harness/stdio-servers.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { addClient, CLIENT } from './support/stage.ts'

/** The SDK's client of 2026-07-28 through the shipped shim and over the token door, at real servers of both eras. */

const stage = new AsyncDisposableStack()
let warder: Warder
let clients: ModernClients
let bearer: string
let modern: StatelessServer
beforeAll(async () => {
  const home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  const remote = stage.use(await startResourceServer({ open: true }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'local', '--approve', '--', command, ...args])
  await warder.ok(['server', 'add', 'remote', '--url', remote.url, '--auth', 'public'])
  modern = stage.use(await startStatelessServer())
  const stdio = statelessStdio('reject')
  const local = ['--', stdio.command, ...stdio.args]
  await warder.ok(['server', 'add', 'modern-local', '--approve', ...local])
  await warder.ok(['server', 'add', 'modern-remote', '--url', modern.url, '--auth', 'public'])
  ;({ bearer } = await addClient(warder, CLIENT))
  clients = stage.use(
    modernClients(warder, { elicitation: { form: {} }, sampling: {}, roots: {} }, (client) => {
      client.setRequestHandler('elicitation/create', () => ({
        action: 'accept',
        content: { name: 'Ada', check: true },
      }))
      client.setRequestHandler('roots/list', () => ({
        roots: [{ uri: 'file:///here', name: 'here' }],
      }))
      client.setRequestHandler('sampling/createMessage', () => ({
        role: 'assistant',
        model: 'none',
        content: { type: 'text', text: 'a sample' },
      }))
    }),
  )
})
afterAll(() => stage.disposeAsync())

const doors = {
  'through the shim': (server: string) => clients.shim(CLIENT, server),
  'over the token door': (server: string) => clients.http(bearer, server),
}
const sessionServers = ['local', 'remote']

/** What comes, and not what the SDK tells: it forgets progress that it reads at once with the answer. */
function progressOf({ transport }: Client): unknown[] {
  const seen: unknown[] = []
  const onMessage = transport?.onmessage
  if (transport !== undefined)
    transport.onmessage = (message, extra) => {
      if ('method' in message && message.method === 'notifications/progress')
        seen.push(message.params)
      onMessage?.(message, extra)
    }
  return seen
}

const textOf = (result: unknown) => JSON.stringify(result)

describe.each(Object.entries(doors))('%s, at a server with sessions', (_door, connect) => {
  describe.each(sessionServers)('%s', (server) => {
    let client: Client
    beforeAll(async () => {
      client = await connect(server)
    })

    it('lists, calls and reads', async () => {
      expect(client.getProtocolEra()).toBe('modern')
      expect(client.getServerVersion()?.name).toContain('everything')
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toContain('echo')
      const echoed = await client.callTool({ name: 'echo', arguments: { message: 'hello' } })
      expect(textOf(echoed.content)).toContain('hello')
      const { resources } = await client.listResources()
      const { contents } = await client.readResource({ uri: resources[0]?.uri ?? '' })
      expect(contents).toHaveLength(1)
      const { prompts } = await client.listPrompts()
      const simple = prompts.find(({ arguments: wanted }) => !wanted?.length)
      expect((await client.getPrompt({ name: simple?.name ?? '' })).messages).not.toEqual([])
    })

    it('shows progress', async () => {
      const seen = progressOf(client)
      await client.callTool(
        { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } },
        { onprogress: () => {} },
      )
      expect(seen).toMatchObject([
        { progress: 1, total: 2 },
        { progress: 2, total: 2 },
      ])
    })

    it.each([
      ['a form', 'trigger-elicitation-request', {}, 'Ada'],
      ['a sample', 'trigger-sampling-request', { prompt: 'x', maxTokens: 5 }, 'a sample'],
      ['its roots', 'get-roots-list', {}, 'file:///here'],
    ])('is asked for %s', async (_what, name, args, expected) => {
      const { content } = await client.callTool({ name, arguments: args })
      expect(textOf(content)).toContain(expected)
    })

    it('cancels', async () => {
      const giveUp = new AbortController()
      const call = client.callTool(
        { name: 'trigger-long-running-operation', arguments: { duration: 600, steps: 6000 } },
        { signal: giveUp.signal, onprogress: () => giveUp.abort() },
      )
      await expect(call).rejects.toThrow()
      await client.callTool({ name: 'echo', arguments: { message: 'after' } })
      const rows = await auditRows(warder)
      expect(
        rows.filter(
          (row) => row.target === 'trigger-long-running-operation' && row.outcome === 'cancelled',
        ),
      ).not.toEqual([])
    })
  })
})

describe.each(Object.entries(doors))('%s, at a server without sessions', (_door, connect) => {
  describe.each(['modern-local', 'modern-remote'])('%s', (server) => {
    let client: Client
    beforeAll(async () => {
      client = await connect(server)
    })

    it('lists, calls and reads', async () => {
      expect(client.getServerVersion()).toEqual({ name: 'stateless', version: '1' })
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toContain('echo')
      const echoed = await client.callTool({ name: 'echo', arguments: { message: 'é' } })
      expect(echoed.content).toEqual([{ type: 'text', text: '{"message":"é"}' }])
      const { contents } = await client.readResource({ uri: 'news://today' })
      expect(contents).toEqual([{ uri: 'news://today', text: 'nothing' }])
    })

    it('is asked, and the server gets its own state back', async () => {
      const { content } = await client.callTool({ name: 'greet', arguments: {} })
      expect(content).toEqual([{ type: 'text', text: '"Hello Ada, the state"' }])
    })

    it('shows progress, and cancels', async () => {
      const giveUp = new AbortController()
      const call = client.callTool(
        { name: 'wait', arguments: {} },
        { signal: giveUp.signal, onprogress: () => giveUp.abort() },
      )
      await expect(call).rejects.toThrow()
    })
  })

  it.each([
    ['modern-local', (client: Client) => client.callTool({ name: 'grow', arguments: {} })],
    ['modern-remote', async () => modern.toolsChanged()],
  ])('hears at %s that its tools are others', async (server, change) => {
    const client = await connect(server)
    const heard = Promise.withResolvers<void>()
    client.setNotificationHandler('notifications/tools/list_changed', () => heard.resolve())
    const subscription = await client.listen({ toolsListChanged: true })
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true })
    await change(client)
    await heard.promise
    await subscription.close()
    expect(await subscription.closed).toBe('local')
  })

  it('has the arguments mirrored that a tool wants in headers', async () => {
    const client = await connect('modern-remote')
    await client.listTools()
    const { content } = await client.callTool({ name: 'there', arguments: { region: 'west é' } })
    expect(content).toEqual([{ type: 'text', text: '{"region":"west é"}' }])
  })
})
