import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import type { Output } from '../../../preload/contract/index.ts'
import { startWorld, type World } from '../../control/world.ts'
import { type Script, startScriptedProvider } from '../support/scripted-provider.ts'

/** A revoked account ends, at once, what still holds its token: sessions at the server, and programs that were given it. */

const opening = { protocolVersion: '2025-11-25', capabilities: {} }

/** A server that takes every token, as one does that does not ask its provider. */
const obliging =
  (challenge: Script): Script =>
  (request) => {
    const { id } = (request.json ?? {}) as { id?: number }
    if (request.headers.authorization === undefined) return challenge(request)
    const result = { ...opening, serverInfo: { name: 's', version: '1' } }
    return id === undefined ? { status: 202 } : { body: { jsonrpc: '2.0', id, result } }
  }

async function signIn({ call }: World): Promise<void> {
  const { flow, url } = (await call('accounts:connect', {
    server: 'notes',
  })) as Output<'accounts:connect'>
  const asked = new URL(url ?? '').searchParams
  const answer = new URLSearchParams({
    code: 'the-code',
    state: asked.get('state') ?? '',
    iss: new URL(url ?? '').origin,
  })
  await fetch(`${asked.get('redirect_uri')}?${answer}`)
  await call('accounts:connected', { flow })
}

async function post(world: World, bearer: string, server: string, method: string, session = '') {
  const answer = await fetch(`${world.companion.http}/mcp/${server}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      ...(session !== '' && { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: opening }),
  })
  return { text: await answer.text(), session: answer.headers.get('mcp-session-id') ?? '' }
}

const clientOf = async (world: World) =>
  ((await world.agree('clients:add', { name: 'desk' })) as Output<'clients:add'>).bearer

it('what is under way is cut, and nothing that comes later reaches the server', async () => {
  await using provider = await startScriptedProvider()
  const takes = obliging(provider.answers.get('/mcp') ?? (() => ({})))
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
  provider.answers.set('/mcp', (request) => {
    const { id, method } = (request.json ?? {}) as { id?: unknown; method?: string }
    // Ours, which asks whether a token is still taken, is answered; the client's own never is.
    if (method !== 'ping' || id === 'warder') return takes(request)
    arrive()
    return new Promise(() => {})
  })
  await using world = await startWorld()
  await world.call('servers:add', { name: 'notes', definition: { url: provider.serverUrl } })
  const bearer = await clientOf(world)
  await signIn(world)
  const { text, session } = await post(world, bearer, 'notes', 'initialize')
  expect(text).toContain('"result"')
  const underWay = post(world, bearer, 'notes', 'ping', session)
  await arrived
  await world.call('accounts:revoke', { server: 'notes' })
  expect((await underWay).text).toContain('grant.sign_in_needed')
  const before = provider.to('/mcp').length
  await post(world, bearer, 'notes', 'initialize')
  const after = provider.to('/mcp').slice(before)
  expect(after.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
})

it('a program that was given the token is ended', async () => {
  await using provider = await startScriptedProvider()
  provider.answers.set('/mcp', obliging(provider.answers.get('/mcp') ?? (() => ({}))))
  await using watcher = createServer().listen(0, '127.0.0.1')
  await once(watcher, 'listening')
  const { port } = watcher.address() as AddressInfo
  await using world = await startWorld()
  await world.call('servers:add', { name: 'notes', definition: { url: provider.serverUrl } })
  const script = `import net from 'node:net'
    net.connect(${port}, '127.0.0.1').write(process.env.TOKEN)
    process.stdin.resume()`
  await world.agree('servers:add', {
    name: 'child',
    definition: {
      command: process.execPath,
      args: ['--input-type=module', '-e', script],
      env: { TOKEN: 'grant:notes' },
    },
  })
  const bearer = await clientOf(world)
  await signIn(world)
  const connected = once(watcher, 'connection')
  const opened = post(world, bearer, 'child', 'initialize').catch(() => undefined)
  const [socket] = (await connected) as [Socket]
  const [token] = await once(socket, 'data')
  expect(String(token)).toBe('access-token-2')
  const ended = once(socket, 'close')
  socket.on('error', () => {})
  socket.resume()
  await world.call('accounts:revoke', { server: 'notes' })
  await ended
  await opened
})
