import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Row } from '../../../main/audit/rows.ts'
import { limits } from '../../../main/bridge/limits.ts'
import type { Line, World } from '../support/world.ts'
import { names, startScene } from './support/scene.ts'
import { type Listing, prompt, sent, tool } from './support/servers.ts'

/** A server whose answers to some methods wait until they are let go. */
function gated(listing: Listing, ...methods: string[]) {
  const arrived = Promise.withResolvers<void>()
  let gate = Promise.withResolvers<void>()
  const server: Listing = {
    ...listing,
    before({ rpc }) {
      if (rpc === null || !methods.includes(rpc)) return undefined
      arrived.resolve()
      return gate.promise
    },
  }
  return {
    server,
    arrived: arrived.promise,
    open: () => gate.resolve(),
    close() {
      gate = Promise.withResolvers()
    },
  }
}

/** Lets time pass in bursts until the client was told something; pings show that it was not told before. */
async function told(line: Line, world: World): Promise<string[]> {
  for (;;) {
    world.pass(limits.burstMs)
    line.send('{"jsonrpc":"2.0","id":"p","method":"ping"}')
    const said: string[] = []
    for (;;) {
      const { id, method } = JSON.parse((await line.next()) ?? '')
      if (id === 'p') break
      said.push(method)
    }
    if (said.length > 0) return said
  }
}

/** Resolves when a server's answer to this method has been recorded. */
async function recorded({ house }: World, server: string, method: string): Promise<void> {
  const isIt = (row: Row) => row.server === server && row.method === method && row.outcome !== null
  while (!house.rows().some(isIt)) await setImmediate()
}

describe('a list', () => {
  it.each(['initialize', 'tools/list'])(
    'goes without a server that is slow with %s, which is told when it is there',
    async (method) => {
      const slow = gated({ tools: [tool('x')] }, method)
      await using scene = await startScene({ a: { tools: [tool('x')] }, slow: slow.server })
      const { line, world } = scene
      await line.open()
      const listed = names(line, 'tools/list')
      await slow.arrived
      await recorded(world, 'a', 'tools/list')
      world.pass(limits.listWaitMs)
      expect(await listed).toEqual(['a__x'])
      slow.open()
      expect(await told(line, world)).toEqual(['notifications/tools/list_changed'])
      expect(await names(line, 'tools/list')).toEqual(['a__x', 'slow__x'])
    },
  )

  it('waits for the opening of a server once, not once for each list', async () => {
    const slow = gated({ tools: [tool('x')], prompts: [prompt('p')] }, 'initialize')
    await using scene = await startScene({ a: { prompts: [prompt('p')] }, slow: slow.server })
    const { line, world } = scene
    await line.open()
    const tools = names(line, 'tools/list')
    await slow.arrived
    await recorded(world, 'a', 'notifications/initialized')
    world.pass(limits.listWaitMs)
    expect(await tools).toEqual([])
    expect(await names(line, 'prompts/list')).toEqual(['a__p'])
    slow.open()
  })

  it('shows of a server that is slow again what it had, as the rules are now', async () => {
    const slow = gated({ tools: [tool('x'), tool('y')] }, 'tools/list')
    await using scene = await startScene({ slow: slow.server })
    const { line, world } = scene
    await line.open()
    const first = names(line, 'tools/list')
    await slow.arrived
    world.pass(limits.listWaitMs)
    expect(await first).toEqual([])
    slow.open()
    await told(line, world)
    slow.close()
    world.house.rules = [
      { effect: 'allow', client: '*', server: '*' },
      { effect: 'deny', client: '*', server: 'slow', tool: 'y' },
    ]
    const second = names(line, 'tools/list')
    while (scene.remote('slow').of('tools/list').length < 2) await setImmediate()
    world.pass(limits.listWaitMs)
    expect(await second).toEqual(['slow__x'])
    slow.open()
  })

  it.each<[string, Listing]>([
    ['refuses to be opened', { instead: (_, response) => Boolean(response.writeHead(500).end()) }],
    [
      'says no to its list',
      {
        tools: [],
        instead: ({ rpc, id }, response) =>
          rpc === 'tools/list' &&
          Boolean(
            response
              .writeHead(200, { 'content-type': 'application/json' })
              .end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32603,"message":"no"}}`),
          ),
      },
    ],
    [
      'answers with a list that reads in two ways',
      {
        tools: [],
        instead: ({ rpc, id }, response) =>
          rpc === 'tools/list' &&
          Boolean(
            response
              .writeHead(200, { 'content-type': 'application/json' })
              .end(`{"jsonrpc":"2.0","id":${id},"result":{"tools":[],"Tools":[]}}`),
          ),
      },
    ],
    ['turns the same page for ever', { tools: [tool('x'), tool('y')], page: 0 }],
  ])('is not failed by a server that %s', async (_what, bad) => {
    await using scene = await startScene({ a: { tools: [tool('x')] }, bad })
    await scene.line.open()
    expect(await names(scene.line, 'tools/list')).toEqual(['a__x'])
  })

  it('does not wait where a person has to sign in, and no call of it does', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] }, b: { tools: [tool('x')] } })
    const { line, world } = scene
    const b = scene.remote('b')
    world.servers = { ...world.servers, b: { url: b.url, auth: 'oauth' } }
    world.dead.add('b')
    await line.open()
    expect(await names(line, 'tools/list')).toEqual(['a__x'])
    expect(world.bridge.parking.waiting()).toEqual([])
    expect(b.seen).toEqual([])

    world.dead.clear()
    world.bridge.signedIn('b')
    expect(await told(line, world)).toContain('notifications/tools/list_changed')
    expect(await names(line, 'tools/list')).toEqual(['a__x', 'b__x'])
    expect(sent(await line.call('tools/call', { name: 'b__x' }))).toContain('"name":"x"')
  })
})

describe('a server that is slow', () => {
  it('keeps no call to another one waiting', async () => {
    const slow = gated({ tools: [tool('x')] }, 'initialize')
    await using scene = await startScene({ a: { tools: [tool('x')] }, slow: slow.server })
    const { line } = scene
    await line.open()
    line.send('{"jsonrpc":"2.0","id":"s","method":"tools/call","params":{"name":"slow__x"}}')
    await slow.arrived
    expect(sent(await line.call('tools/call', { name: 'a__x' }))).toContain('"name":"x"')
    // Given up before it went out: nothing of it leaves.
    line.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s"}}')
    expect(await line.call('ping')).toMatchObject({ result: {} })
    slow.open()
    expect(sent(await line.call('tools/call', { name: 'slow__x' }))).toContain('"name":"x"')
    expect(scene.remote('slow').of('tools/call')).toHaveLength(1)
  })
})
