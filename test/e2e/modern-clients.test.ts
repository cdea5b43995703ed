import type { Client } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { type ModernClients, modernClients } from '../harness/modern-client.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { addClient, CLIENT } from './support/stage.ts'

/** The SDK's client of 2026-07-28 through the shipped shim and over the token door, at real servers of both eras. */

const stage = new AsyncDisposableStack()
let warder: Warder
let clients: ModernClients
let bearer: string
beforeAll(async () => {
  const home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  const remote = stage.use(await startResourceServer({ open: true }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'local', '--approve', '--', command, ...args])
  await warder.ok(['server', 'add', 'remote', '--url', remote.url, '--auth', 'public'])
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
      const seen: unknown[] = []
      await client.callTool(
        { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } },
        { onprogress: (progress) => seen.push(progress) },
      )
      // The SDK tells of rounds in the same way, and the server asks for its roots when it likes.
      expect(seen).toContainEqual({ progress: 1, total: 2 })
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
