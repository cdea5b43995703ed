import { describe, expect, it } from 'vitest'
import { createInjector } from '../../../main/bridge/credentials.ts'
import type { AccessToken } from '../../../main/oauth/types.ts'
import { type RemoteServer, remoteServerSchema } from '../../../main/store/config-schema.ts'
import { json, type Remote, startRemote, usual } from '../../bridge/support/remote.ts'
import { localServer, remoteServer, startWorld } from '../../bridge/support/world.ts'
import { connectTo, type House, openHouse } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP, Token Handling: a token goes to the server that it was issued for, and to no other. */

const call = { name: 'work' }
const obliging = usual(({ id }, response) => json(response, id, '{"content":[]}'))
const shown = (remote: Remote) =>
  JSON.stringify(remote.seen.map(({ headers, body }) => [headers, body]))

describe('of two servers', () => {
  it('each sees its own token only', async () => {
    await using one = await startRemote(obliging)
    await using other = await startRemote(obliging)
    await using world = await startWorld({
      a: remoteServer(one.url, 'oauth'),
      b: remoteServer(other.url, 'oauth'),
      open: remoteServer(other.url),
    })
    world.tokens.set('a', 'token-of-a').set('b', 'token-of-b')
    for (const server of ['a', 'b', 'open']) {
      const line = await world.line(server)
      await line.open()
      await line.call('tools/call', call)
      line.close()
    }
    const bearers = (remote: Remote) =>
      new Set(remote.seen.map(({ headers }) => headers.authorization))
    expect(bearers(one)).toEqual(new Set(['Bearer token-of-a']))
    expect(bearers(other)).toEqual(new Set(['Bearer token-of-b', undefined]))
  })

  it.each([301, 302, 303, 307, 308])('none is led to another by a %d', async (status) => {
    await using evil = await startRemote(obliging)
    await using remote = await startRemote(
      usual((_seen, response) => response.writeHead(status, { location: evil.url }).end()),
    )
    await using world = await startWorld({ a: remoteServer(remote.url, 'oauth') })
    world.tokens.set('a', 'token-of-a')
    const line = await world.line('a')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.refused' } },
    })
    expect(remote.of('tools/call')).toHaveLength(1)
    expect(evil.seen).toEqual([])
    line.close()
  })

  it('none sees a session of the other', async () => {
    await using one = await startRemote(obliging)
    await using other = await startRemote(obliging)
    await using world = await startWorld({ a: remoteServer(one.url), b: remoteServer(other.url) })
    const post = (server: string, body: object, session?: string) =>
      fetch(`${world.base}/mcp/${server}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.bearers.one}`,
          'content-type': 'application/json',
          ...(session === undefined ? {} : { 'mcp-session-id': session }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
      })
    const opened = await post('a', { method: 'initialize', params: {} })
    const session = opened.headers.get('mcp-session-id') ?? ''
    await opened.text()
    expect(session).not.toBe('')
    const stray = await post('b', { method: 'tools/call', params: call }, session)
    expect(stray.status).toBe(404)
    expect(other.of('tools/call')).toEqual([])
    expect(shown(other)).not.toContain(session)
  })
})

describe('a definition', () => {
  const injectorOf = ({ grants }: House) =>
    createInjector({ grants, secrets: { read: async () => '' } })
  const asker = { client: 'cursor', folder: null }
  const server = (name: string, definition: Partial<RemoteServer>) => ({
    name,
    definition: remoteServerSchema.parse(definition),
  })

  it('that was edited to another URL gets no token of before', async () => {
    await using evil = await startRemote(obliging)
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const edited = injectorOf(house).headers(server('notes', { url: evil.url }), asker)
    await expect(edited).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
  })

  it.each([
    ['another origin', (origin: string) => `${origin.replace('127.0.0.1', 'localhost')}/mcp`],
    ['another path', (origin: string) => `${origin}/evil`],
  ])('gets no token of another server into a header: %s', async (_what, url) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const headers = { 'X-Token': 'grant:notes' }
    const wanted = server('evil', { url: url(provider.origin), auth: 'header', headers })
    await expect(injectorOf(house).headers(wanted, asker)).rejects.toMatchObject({
      code: 'grant.elsewhere',
    })
  })

  it('of a program puts into its environment the token that it names, and no other', async () => {
    await using world = await startWorld({
      child: localServer(
        `for await (const line of process.stdin) {
           const { id } = JSON.parse(line)
           const result = { content: [], env: JSON.stringify(process.env) }
           if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
         }`,
        { OWN: 'grant:a' },
      ),
      a: remoteServer('http://127.0.0.1:9/mcp', 'oauth'),
      b: remoteServer('http://127.0.0.1:9/mcp', 'oauth'),
    })
    world.tokens.set('a', 'token-of-a').set('b', 'token-of-b')
    const line = await world.line('child')
    const { result } = await line.call('initialize', {})
    const { env } = result as { env: string }
    expect(JSON.parse(env)).toMatchObject({ OWN: 'token-of-a' })
    expect(env).not.toContain('token-of-b')
    line.close()
  })
})

it('is asked for with the account of its own server', async () => {
  const asked: string[] = []
  const grants = {
    accessToken: async (server: string) => {
      asked.push(server)
      throw new Error('no further')
    },
    rejected: async (token: AccessToken) => token,
    insufficient: () => {
      throw new Error('not here')
    },
  }
  const injector = createInjector({ grants, secrets: { read: async () => '' } })
  const definition = remoteServerSchema.parse({ url: 'https://mcp.example/mcp' })
  const wanted = injector.headers({ name: 'a', definition }, { client: 'cursor', folder: null })
  await expect(wanted).rejects.toThrow('no further')
  expect(asked).toEqual(['a'])
})
