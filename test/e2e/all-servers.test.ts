import { once } from 'node:events'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { inspect, inspectedProgram } from '../harness/inspector.ts'
import { type ModernClients, modernClients } from '../harness/modern-client.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { everythingStdio, keyedStdio } from '../harness/stdio-servers.ts'
import { cli, startWarder, type Warder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { call, refusalOf, toolNames } from './support/calls.ts'
import { editConfig } from './support/config.ts'
import { addClient, CLIENT } from './support/stage.ts'

/** Several servers behind one route: the reference server over stdio and over HTTP, and a third one. */

let stage: AsyncDisposableStack
let home: string
let warder: Warder
let bearer: string

beforeEach(async () => {
  stage = new AsyncDisposableStack()
  home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  const remote = stage.use(await startResourceServer({ open: true }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'local', '--approve', '--', command, ...args])
  await warder.ok(['server', 'add', 'far', '--url', remote.url, '--auth', 'public'])
  await addBases()
  bearer = (await addClient(warder, CLIENT)).bearer
})
afterEach(() => stage.disposeAsync())

async function addBases(): Promise<void> {
  const { command, args, key } = keyedStdio
  const env = ['--env', `${key}=secret:bases-key`]
  await warder.ok(['secret', 'set', 'bases-key'], 'a key that nobody shows to its server')
  await warder.ok(['server', 'add', 'bases', '--approve', ...env, '--', command, ...args])
}

/** Their tools, once all three are there: one that is slow to start is left out of a list until it is. */
async function toolsOfAll(list: () => Promise<string[]>): Promise<string[]> {
  for (;;) {
    const tools = await list()
    const servers = new Set(tools.map((name) => name.split('__')[0]))
    if (['bases', 'far', 'local'].every((name) => servers.has(name))) return tools
  }
}

const routes: [string, () => Promise<Client>][] = [
  ['one shim', () => warder.client(CLIENT, null)],
  ['/mcp', () => warder.httpClient(bearer, null)],
]

describe.each(routes)('behind %s', (_route, open) => {
  it('there are the tools, prompts and resources of all, and every call finds its server', async () => {
    const client = await open()
    expect(client.getServerVersion()).toMatchObject({ name: 'warder' })
    expect(client.getInstructions()).toContain('bases, far, local')
    const tools = await toolsOfAll(() => toolNames(client))
    expect(tools).toEqual(expect.arrayContaining(['bases__list_bases', 'far__echo', 'local__echo']))
    const order = tools.map((name) => name.split('__')[0])
    expect(order).toEqual(order.toSorted())
    const alone = await toolNames(await warder.client(CLIENT, 'local'))
    expect(tools.filter((name) => name.startsWith('local__'))).toEqual(
      alone.map((name) => `local__${name}`),
    )

    expect(await call(client, 'far__echo', { message: 'over HTTP' })).toBe('Echo: over HTTP')
    expect(await call(client, 'local__echo', { message: 'over stdio' })).toBe('Echo: over stdio')
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toContain('far__simple-prompt')
    const { messages } = await client.getPrompt({ name: 'local__simple-prompt' })
    expect(messages).toHaveLength(1)
    const { resources } = await client.listResources()
    const [first] = resources
    expect(new Set(resources.map(({ uri }) => uri)).size).toBe(resources.length)
    const { contents } = await client.readResource({ uri: first?.uri ?? '' })
    expect(contents[0]?.uri).toBe(first?.uri)

    const rows = (await auditRows(warder)).filter(({ method }) => method === 'tools/call')
    expect(new Set(rows.map(({ server, target }) => `${server} ${target}`))).toEqual(
      new Set(['far echo', 'local echo']),
    )
    expect(await refusalOfCode(client.callTool({ name: 'echo', arguments: {} }))).toBe(-32602)
  })

  it('a rule for one tool shows exactly that one', async () => {
    await editConfig(home, (config) => {
      Object.assign(config, {
        rules: [{ effect: 'allow', client: CLIENT, server: 'far', tool: 'echo' }],
      })
    })
    for (const { id } of await warder.ok<ApprovalView[]>(['approvals']))
      await warder.ok(['approvals', 'approve', id, '--yes'])
    const client = await open()
    expect(await toolNames(client)).toEqual(['far__echo'])
    expect((await client.listPrompts()).prompts).toEqual([])
    expect((await client.listResources()).resources).toEqual([])
    expect(await call(client, 'far__echo', { message: 'x' })).toBe('Echo: x')
    const denied = refusalOf(client.callTool({ name: 'local__echo', arguments: { message: 'x' } }))
    expect((await denied).code).toBe('policy.denied')
  })

  it('a server that cannot start or be reached costs its own lines only', async () => {
    const dies = ['--', process.execPath, '-e', 'process.exit(3)']
    await warder.ok(['server', 'add', 'dies', '--approve', ...dies])
    const nowhere = ['--url', 'http://127.0.0.1:9/mcp', '--auth', 'public']
    await warder.ok(['server', 'add', 'nowhere', ...nowhere])
    const client = await open()
    const tools = await toolsOfAll(() => toolNames(client))
    expect(new Set(tools.map((name) => name.split('__')[0])).size).toBe(3)
    const refusal = refusalOf(client.callTool({ name: 'dies__x', arguments: {} }))
    expect((await refusal).code).toBe('server.start_failed')
  })
})

async function refusalOfCode(call: Promise<unknown>): Promise<number> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return (error as { code: number }).code
}

describe('one shim', () => {
  it('learns of servers that come and go', async () => {
    const client = await warder.client(CLIENT, null)
    await toolsOfAll(() => toolNames(client))
    const heard = new EventTarget()
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      heard.dispatchEvent(new Event('changed'))
    })
    const gone = once(heard, 'changed')
    await warder.ok(['server', 'remove', 'bases'])
    await gone
    expect((await toolNames(client)).some((name) => name.startsWith('bases__'))).toBe(false)
    const back = once(heard, 'changed')
    await addBases()
    await back
    const tools = await toolsOfAll(() => toolNames(client))
    expect(tools).toContain('bases__list_bases')
  })
})

describe.each([
  ['one shim', (clients: ModernClients) => clients.shim(CLIENT, null)],
  ['/mcp', (clients: ModernClients) => clients.http(bearer, null)],
])('a client of 2026-07-28 behind %s', (_route, open) => {
  it('has the tools, prompts and resources of all, and every call finds its server', async () => {
    const client = await open(stage.use(modernClients(warder)))
    const tools = await toolsOfAll(async () =>
      (await client.listTools()).tools.map(({ name }) => name),
    )
    expect(tools).toEqual(expect.arrayContaining(['bases__list_bases', 'far__echo', 'local__echo']))
    for (const name of ['far__echo', 'local__echo']) {
      const { content } = await client.callTool({ name, arguments: { message: name } })
      expect(content).toEqual([{ type: 'text', text: `Echo: ${name}` }])
    }
    const { messages } = await client.getPrompt({ name: 'local__simple-prompt' })
    expect(messages).toHaveLength(1)
    const [first] = (await client.listResources()).resources
    const { contents } = await client.readResource({ uri: first?.uri ?? '' })
    expect(contents[0]?.uri).toBe(first?.uri)
  })
})

describe('the official inspector', () => {
  const list = ['--method', 'tools/list']
  const call = [
    ...['--method', 'tools/call', '--tool-name', 'far__echo'],
    ...['--tool-arg', 'message=from the inspector'],
  ]
  const listed = {
    tools: expect.arrayContaining([
      expect.objectContaining({ name: 'far__echo' }),
      expect.objectContaining({ name: 'local__echo' }),
    ]),
  }
  const answered = { content: [{ type: 'text', text: 'Echo: from the inspector' }] }

  const eras = ['legacy', 'modern']

  it.each(eras)('lists and calls through one shim, as a client of the %s era', async (era) => {
    const program = await inspectedProgram(home, [cli, 'mcp', '--client', CLIENT, '--home', home])
    const target = [...program, '--protocol-era', era]
    expect(await inspect([...target, ...list])).toMatchObject(listed)
    expect(await inspect([...target, ...call])).toMatchObject(answered)
  })

  it.each(eras)('lists and calls at /mcp, as a client of the %s era', async (era) => {
    const target = [
      ...[`${warder.ready.http}/mcp`, '--transport', 'http'],
      ...['--header', `Authorization: Bearer ${bearer}`],
      ...['--protocol-era', era],
    ]
    expect(await inspect([...target, ...list])).toMatchObject(listed)
    expect(await inspect([...target, ...call])).toMatchObject(answered)
  })
})
