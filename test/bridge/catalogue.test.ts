import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createCatalogue } from '../../main/bridge/catalogue/catalogue.ts'
import type { Memory } from '../../main/bridge/catalogue/memory.ts'
import { type RequestMessage, readMessage } from '../../main/bridge/envelope.ts'
import { limits } from '../../main/bridge/limits.ts'
import { systemTimer } from '../../main/bridge/timer.ts'
import type { Session } from '../../main/bridge/types.ts'
import { createBudget } from '../../main/runtime/budget.ts'
import { allowAll } from './support/house.ts'
import { json, opened, type Seen, startRemote } from './support/remote.ts'
import { type Line, opening, remoteServer, startWorld } from './support/world.ts'

type Json = Record<string, unknown>

const tool = (name: string) => ({
  name,
  description: `What ${name} does`,
  inputSchema: { type: 'object' },
})

/** A server that has been seen once, and answers nothing while the gate is shut. */
async function startScene(
  options: { auth?: 'oauth' | 'public'; secrets?: Record<string, string>; paged?: boolean } = {},
) {
  const { auth = 'oauth', secrets = {}, paged = false } = options
  let tools = ['alpha', 'beta']
  let open: Promise<void> = Promise.resolve()
  const list = (seen: Seen, response: ServerResponse) => {
    const whole = { tools: tools.map(tool) }
    if (!paged) return json(response, seen.id, JSON.stringify(whole))
    const second = seen.body.includes('"cursor"')
    const page = second
      ? { tools: whole.tools.slice(1) }
      : { tools: whole.tools.slice(0, 1), nextCursor: 'more' }
    return json(response, seen.id, JSON.stringify(page))
  }
  const remote = await startRemote(async (seen, response) => {
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.rpc?.startsWith('notifications/')) return response.writeHead(202).end()
    await open
    if (response.destroyed) return
    if (seen.rpc === 'initialize')
      return json(response, seen.id, opened, { 'mcp-session-id': 'session-1' })
    if (seen.rpc === 'tools/list') return list(seen, response)
    if (seen.rpc === 'tools/call') return json(response, seen.id, '{"content":[]}')
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(`{"jsonrpc":"2.0","id":${seen.id},"error":{"code":-32601,"message":"no"}}`)
  })
  const header =
    Object.keys(secrets).length === 0
      ? {}
      : { headers: { 'x-key': `secret:${Object.keys(secrets)[0]}` } }
  const definition = { ...remoteServer(remote.url, auth), ...header }
  // A list that changes is what it is about here, not what a person thinks of the change.
  const how = { remembers: true, pins: false }
  const world = await startWorld({ s: definition }, undefined, secrets, how)
  world.tokens.set('s', 'token-of-ann-1')

  const first = await world.line('s')
  await first.open()
  await listOf(first)
  first.close()

  return {
    world,
    remote,
    definition,
    set tools(names: string[]) {
      tools = names
    },
    /** The server answers nothing until the returned function is called. */
    shut() {
      const gate = Promise.withResolvers<void>()
      open = gate.promise
      return gate.resolve
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

/** The names in the whole list, page after page, and whether it was told from memory. */
async function listOf(line: Line): Promise<{ names: string[]; remembered: boolean }> {
  const names: string[] = []
  let remembered = false
  let params: Json = {}
  for (;;) {
    const { result, error } = await line.call('tools/list', params)
    if (error) throw new Error(JSON.stringify(error))
    const { tools, nextCursor, _meta } = result as Json & { tools: Json[] }
    names.push(...tools.map(({ name }) => String(name)))
    remembered ||= JSON.stringify(_meta ?? {}).includes('warder/remembered')
    if (nextCursor === undefined) return { names, remembered }
    params = { cursor: nextCursor }
  }
}

const isRemembered = ({ result }: Json) => JSON.stringify(result).includes('"warder/remembered"')

describe('a server that is not open yet', () => {
  it('is told from memory, opening and list, while it says nothing itself', async () => {
    await using scene = await startScene()
    const open = scene.shut()
    const line = await scene.world.line('s', 'two')
    const { result } = await line.call('initialize', opening)
    expect(result).toMatchObject({
      serverInfo: { name: 'remote' },
      capabilities: { tools: { listChanged: true } },
      _meta: { 'warder/remembered': expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    expect(await listOf(line)).toEqual({ names: ['alpha', 'beta'], remembered: true })
    open()
    line.close()
  })

  it('is opened for a call', async () => {
    await using scene = await startScene()
    const line = await scene.world.line('s')
    expect(isRemembered(await line.call('initialize', opening))).toBe(true)
    expect(await line.call('tools/call', { name: 'alpha' })).toMatchObject({
      result: { content: [] },
    })
    expect(scene.remote.of('tools/call')).toHaveLength(1)
    expect(await listOf(line)).toEqual({ names: ['alpha', 'beta'], remembered: false })
    line.close()
  })

  it('is asked behind the client, which learns where its list turns out to be old', async () => {
    await using scene = await startScene()
    scene.tools = ['alpha', 'gamma']
    const open = scene.shut()
    const line = await scene.world.line('s')
    await line.open()
    expect(await listOf(line)).toEqual({ names: ['alpha', 'beta'], remembered: true })
    open()
    expect(JSON.parse((await line.next()) ?? '')).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
    })
    expect(await listOf(line)).toEqual({ names: ['alpha', 'gamma'], remembered: false })
    line.close()
    const next = await scene.world.line('s')
    await next.open()
    expect(await listOf(next)).toEqual({ names: ['alpha', 'gamma'], remembered: true })
    next.close()
  })

  it('is not asked by its clients one after the other', async () => {
    await using scene = await startScene()
    const lines = await Promise.all(Array.from({ length: 5 }, () => scene.world.line('s')))
    const before = scene.remote.of('initialize').length
    for (const line of lines) {
      await line.open()
      expect((await listOf(line)).names).toEqual(['alpha', 'beta'])
    }
    expect(scene.remote.of('initialize').length - before).toBeLessThanOrEqual(1)
    for (const line of lines) line.close()
  })

  it('is remembered as one list that had pages', async () => {
    await using scene = await startScene({ paged: true })
    const open = scene.shut()
    const line = await scene.world.line('s')
    await line.open()
    expect(await listOf(line)).toEqual({ names: ['alpha', 'beta'], remembered: true })
    open()
    line.close()
  })
})

describe('what is remembered', () => {
  it('is decided about when it is told', async () => {
    await using scene = await startScene()
    scene.world.house.rules = [
      { effect: 'deny', client: 'two', server: '*', tool: 'beta' },
      allowAll,
    ] as typeof scene.world.house.rules
    const open = scene.shut()
    for (const [client, names] of [
      ['one', ['alpha', 'beta']],
      ['two', ['alpha']],
    ] as const) {
      const line = await scene.world.line('s', client)
      await line.open()
      expect(await listOf(line)).toEqual({ names, remembered: true })
      line.close()
    }
    open()
  })

  it('is recorded, and says so', async () => {
    await using scene = await startScene()
    const open = scene.shut()
    const line = await scene.world.line('s', 'two')
    await line.open()
    await listOf(line)
    const rows = scene.world.house.rows().filter(({ client }) => client === 'two')
    expect(
      rows.flatMap(({ method, outcome, code, account }) =>
        code === 'remembered' ? [[method, outcome, account]] : [],
      ),
    ).toEqual([
      ['initialize', 'ok', null],
      ['tools/list', 'ok', null],
    ])
    open()
    line.close()
  })

  it('is not told with a secret in it that became known later', async () => {
    await using scene = await startScene()
    scene.world.house.knownSecrets.add('later', 'What alpha does')
    const open = scene.shut()
    const line = await scene.world.line('s')
    await line.open()
    const { result } = await line.call('tools/list')
    expect(JSON.stringify(result)).not.toContain('What alpha')
    expect(JSON.stringify(result)).toContain('What beta')
    expect(isRemembered({ result })).toBe(true)
    open()
    line.close()
  })

  type Scene = Awaited<ReturnType<typeof startScene>>
  it.each<[string, (scene: Scene) => unknown]>([
    [
      'to another account',
      ({ world }) => {
        world.account = 'bob'
      },
    ],
    ['when everybody is signed out', ({ world }) => void world.gone.add('s')],
    ['after a revocation', ({ world }) => world.bridge.forgetAccount('s', 'ann')],
    [
      'after a stop and its end',
      async ({ world }) => {
        world.stopped = true
        await world.bridge.cutAll()
        world.stopped = false
      },
    ],
    [
      'for another definition',
      ({ world, definition }) => {
        world.servers = { s: { ...definition, url: `${definition.url}?x=1` } }
      },
    ],
    ['for a definition that was another meanwhile', ({ world }) => world.bridge.cutServer('s')],
  ])('is not told %s', async (_, change) => {
    await using scene = await startScene()
    await change(scene)
    const line = await scene.world.line('s')
    expect(isRemembered(await line.call('initialize', opening))).toBe(false)
    expect((await listOf(line)).remembered).toBe(false)
    line.close()
  })

  it('is not what another account was told that was asked for when the choice changed', async () => {
    await using scene = await startScene()
    const { world, remote } = scene
    world.account = 'bob'
    const bobs = await world.line('s')
    await bobs.open()
    const open = scene.shut()
    const before = remote.of('tools/list').length
    const list = bobs.call('tools/list')
    while (remote.of('tools/list').length === before)
      await new Promise((next) => setImmediate(next))
    world.account = 'carl'
    open()
    expect(isRemembered(await list)).toBe(false)
    for (const remembered of [false, true]) {
      const carls = await world.line('s')
      expect(isRemembered(await carls.call('initialize', opening))).toBe(remembered)
      if (remembered) expect((await listOf(carls)).remembered).toBe(false)
      carls.close()
    }
    bobs.close()
  })

  it('is not told once a secret has another value', async () => {
    await using scene = await startScene({ auth: 'public', secrets: { key: 'value-of-the-key' } })
    const known = await scene.world.line('s')
    expect(isRemembered(await known.call('initialize', opening))).toBe(true)
    known.close()
    scene.world.setAt = 2
    const line = await scene.world.line('s')
    expect(isRemembered(await line.call('initialize', opening))).toBe(false)
    line.close()
  })

  it('is not told to a client with other abilities', async () => {
    await using scene = await startScene()
    const line = await scene.world.line('s')
    const able = { ...opening, capabilities: { sampling: {} } }
    expect(isRemembered(await line.call('initialize', able))).toBe(false)
    line.close()
  })

  it('is not told while everything is stopped', async () => {
    await using scene = await startScene()
    scene.world.stopped = true
    const line = await scene.world.line('s')
    expect(isRemembered(await line.call('initialize', opening))).toBe(false)
    expect(await line.call('tools/list')).toMatchObject({
      error: { data: { code: 'policy.stopped' } },
    })
    line.close()
  })
})

describe('a server that waits for a person', () => {
  it('is told from memory, and its calls wait as they do', async () => {
    await using scene = await startScene()
    scene.world.dead.add('s')
    scene.world.parkSeconds = 0
    const line = await scene.world.line('s')
    await line.open()
    expect(await listOf(line)).toEqual({ names: ['alpha', 'beta'], remembered: true })
    expect(await line.call('tools/call', { name: 'alpha' })).toMatchObject({
      error: { data: { code: 'grant.sign_in_needed' } },
    })
    line.close()
  })

  it('is told to an open session as well', async () => {
    await using scene = await startScene()
    const line = await scene.world.line('s')
    await line.open()
    await line.call('tools/call', { name: 'alpha' })
    expect((await listOf(line)).remembered).toBe(false)
    scene.world.dead.add('s')
    expect(await listOf(line)).toEqual({ names: ['alpha', 'beta'], remembered: true })
    line.close()
  })
})

describe('a server that is slow', () => {
  it('is told from memory after a while to a client that has it open', async () => {
    await using scene = await startScene()
    const line = await scene.world.line('s')
    await line.open()
    await line.call('tools/call', { name: 'alpha' })
    const open = scene.shut()
    const before = scene.remote.of('tools/list').length
    const list = listOf(line)
    // It is at the server, which takes its time.
    while (scene.remote.of('tools/list').length === before)
      await new Promise((next) => setImmediate(next))
    scene.world.pass(limits.rememberedAfterMs)
    expect(await list).toEqual({ names: ['alpha', 'beta'], remembered: true })
    open()
    // Its own answer comes too late, and is nobody's.
    expect(await line.call('tools/call', { name: 'alpha' })).toMatchObject({
      result: { content: [] },
    })
    line.close()
  })

  it('that is nowhere remembered is waited for', async () => {
    await using scene = await startScene()
    scene.world.bridge.forgetAccount('s', 'ann')
    const open = scene.shut()
    const line = await scene.world.line('s')
    const answer = line.call('initialize', opening)
    while (scene.remote.of('initialize').length < 2) await new Promise((next) => setImmediate(next))
    scene.world.pass(limits.rememberedAfterMs)
    open()
    expect(isRemembered(await answer)).toBe(false)
    line.close()
  })
})

it('a session that has ended is told nothing, since nobody would let go of what is noted of it', () => {
  const opening = readMessage(
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}',
  ) as RequestMessage
  const catalogue = createCatalogue({
    memory: { get: () => ({ content: '{}', heardAt: 0 }) } as unknown as Memory,
    whose: () => ({ accounts: [], secrets: [] }),
    lookup: (name) => ({ name, definition: remoteServer('http://127.0.0.1:1/') }),
    stopped: () => false,
    decide: () => ({ effect: 'allow', rule: 'all' }),
    mask: (text) => ({ text, masked: 0 }),
    budget: createBudget(limits.budget),
    relay: async () => {},
    timer: systemTimer,
  })
  const session = { principals: {}, server: 's', asker: {}, speaks: 'session' }
  const recall = (ended: boolean) => catalogue.recall(opening, { ...session, ended } as Session)
  expect(recall(false)).not.toBeNull()
  expect(recall(true)).toBeNull()
})
