import { describe, expect, it } from 'vitest'
import type { Remote } from '../support/remote.ts'
import { opening, type World } from '../support/world.ts'
import { names, startScene } from './support/scene.ts'
import { type Listing, prompt, sent, tool } from './support/servers.ts'

/** What ends or cuts the sessions of a server does so behind one route as well. */

/** A server that never answers a call, and says when one has come. */
function holding() {
  const arrived = Promise.withResolvers<void>()
  const server: Listing = {
    tools: [tool('x')],
    instead({ rpc }) {
      if (rpc !== 'tools/call') return false
      arrived.resolve()
      return true
    },
  }
  return { server, arrived: arrived.promise }
}

const hold = '{"jsonrpc":"2.0","id":"h","method":"tools/call","params":{"name":"h__x"}}'
const codeOf = (text: string | null) => JSON.parse(text ?? '{}').error?.data?.code

async function startHeld() {
  const { server, arrived } = holding()
  const scene = await startScene({ a: { tools: [tool('x')] }, h: server })
  await scene.line.open()
  scene.line.send(hold)
  await arrived
  return scene
}

describe('a call behind one route', () => {
  it('ends when its account is revoked, and no other one does', async () => {
    const { server, arrived } = holding()
    await using scene = await startScene({ a: { tools: [tool('x')] }, h: server })
    const { line, world } = scene
    world.servers = { ...world.servers, h: { url: scene.remote('h').url, auth: 'oauth' } }
    await line.open()
    line.send(hold)
    await arrived
    expect(scene.remote('h').of('tools/call')[0]?.headers.authorization).toBe('Bearer none')
    await world.bridge.cutGrant('grant-h')
    expect(codeOf(await line.next())).toBe('grant.sign_in_needed')
    expect(sent(await line.call('tools/call', { name: 'a__x' }))).toContain('"x"')
  })

  it('ends when its server is changed, and the next one goes to the new server', async () => {
    await using scene = await startHeld()
    const { line, world } = scene
    world.servers = { ...world.servers, h: world.servers.a as NonNullable<typeof world.servers.a> }
    await world.bridge.cutServer('h')
    expect(codeOf(await line.next())).toBe('server.ended')
    await line.call('tools/call', { name: 'h__x' })
    expect(scene.remote('a').of('tools/call')).toHaveLength(1)
  })

  it('meets a server that was changed as what it is now', async () => {
    await using scene = await startScene({
      a: { tools: [tool('x')] },
      b: { prompts: [prompt('p')] },
    })
    const { line, world } = scene
    await line.open()
    expect(await names(line, 'prompts/list')).toEqual(['b__p'])
    const b = world.servers.b as NonNullable<typeof world.servers.b>
    world.servers = { a: b, b }
    expect(await names(line, 'prompts/list')).toEqual(['a__p', 'b__p'])
  })

  it('ends when everything is stopped', async () => {
    await using scene = await startHeld()
    await scene.world.bridge.cutAll()
    expect(codeOf(await scene.line.next())).toBe('policy.stopped')
  })

  it('finds nothing once its server is gone', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] }, b: { tools: [tool('x')] } })
    const { line, world } = scene
    await line.open()
    expect(await names(line, 'tools/list')).toEqual(['a__x', 'b__x'])
    const { a } = world.servers
    world.servers = { a: a as NonNullable<typeof a> }
    await world.bridge.cutServer('b')
    expect(await names(line, 'tools/list')).toEqual(['a__x'])
    expect(await line.call('tools/call', { name: 'b__x' })).toMatchObject({
      error: { code: -32602 },
    })
    expect(world.bridge.sessions()).toEqual(['one'])
  })
})

describe('a client that is shut out', () => {
  it('has no session left, at any server', async () => {
    await using scene = await startHeld()
    const { line, world } = scene
    expect(world.bridge.sessions()).toEqual(['one'])
    await world.bridge.shutOut('one')
    expect(await line.next()).toBeNull()
    expect(world.bridge.sessions()).toEqual([])
  })
})

/** One message of a client at `/mcp`. */
async function post(
  world: World,
  session: string | null,
  method: string,
  params = {},
  bearer = world.bearers.one,
) {
  const response = await fetch(`${world.base}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      ...(session === null ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  return {
    status: response.status,
    session: response.headers.get('mcp-session-id'),
    text: await response.text(),
  }
}

describe('the session of a client at /mcp', () => {
  it.each<[string, (world: World) => Promise<void>]>([
    ['the client is shut out', (world) => world.bridge.shutOut('one')],
    ['everything is stopped', (world) => world.bridge.cutAll()],
  ])('is gone once %s', async (_when, end) => {
    await using scene = await startScene({ a: { tools: [tool('x')] } })
    const { world } = scene
    const { session } = await post(world, null, 'initialize', opening)
    expect((await post(world, session, 'tools/list')).text).toContain('"a__x"')
    await end(world)
    expect((await post(world, session, 'tools/list')).status).toBe(404)
    expect(scene.remote('a').of('tools/list')).toHaveLength(1)
  })

  it('is of this client alone, and of all servers alone', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] } })
    const { world } = scene
    const { session } = await post(world, null, 'initialize', opening)
    expect((await post(world, session, 'ping', {}, world.bearers.two)).status).toBe(404)
    expect((await post(world, session, 'ping', {}, world.bearers.gone)).status).toBe(401)
    const other = await fetch(`${world.base}/mcp/a`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.bearers.one}`,
        'content-type': 'application/json',
        'mcp-session-id': session ?? '',
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    })
    expect(other.status).toBe(404)
  })
})

describe('the accounts of a client', () => {
  it('are chosen for the client and the folder that it was started in, at each server', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] } })
    const { world } = scene
    const line = await world.line(undefined)
    line.send(JSON.stringify({ warder: 1, folder: world.house.home }))
    const askers: unknown[] = []
    world.servers = { a: { url: (scene.remote('a') as Remote).url, auth: 'oauth' } }
    world.onFetch = (asker) => void askers.push(asker)
    await line.open()
    await line.call('tools/call', { name: 'a__x' })
    expect(askers.at(-1)).toEqual({ client: 'one', folder: world.house.home })
    line.close()
  })
})
