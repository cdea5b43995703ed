import { describe, expect, it } from 'vitest'
import { json, opened, startRemote, usual } from './support/remote.ts'
import { remoteServer, startWorld, type World } from './support/world.ts'

const call = { name: 'pay', arguments: { amount: 1 } }

const phases = (world: World, method = 'tools/call') =>
  world.house
    .rows()
    .filter((row) => row.method === method)
    .map((row) => [row.phase, row.outcome, row.code])

describe('a call that the server refused before it did anything', () => {
  it('is made once more with a renewed credential, as a call of its own', async () => {
    await using remote = await startRemote(
      usual(({ headers, id, rpc }, response) =>
        rpc === 'tools/call' && headers.authorization === 'Bearer stale-token'
          ? response.writeHead(401).end()
          : json(response, id, '{"content":[]}'),
      ),
    )
    await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    world.tokens.set('s', 'stale-token')
    world.renewed = async () => 'fresh-token'
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({ result: { content: [] } })
    expect(remote.of('tools/call').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer stale-token',
      'Bearer fresh-token',
    ])
    expect(phases(world)).toEqual([
      ['intent', null, null],
      ['outcome', 'error', 'unauthorized'],
      ['intent', null, null],
      ['outcome', 'ok', null],
    ])
    const ids = new Set(world.house.rows().map((row) => row.call))
    expect(ids.size * 2).toBe(world.house.rows().length)
    line.close()
  })

  it('is answered with an error when the renewed credential is refused too', async () => {
    await using remote = await startRemote(
      usual(({ rpc, id }, response) =>
        rpc === 'tools/call' ? response.writeHead(401).end() : json(response, id, '{}'),
      ),
    )
    await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    let renewals = 0
    world.renewed = async () => `token-${++renewals}`
    const line = await world.line('s')
    await line.open()
    const answer = await line.call('tools/call', call)
    expect(answer).toMatchObject({ error: { data: { code: 'server.refused' } } })
    expect(remote.of('tools/call')).toHaveLength(2)
    expect(renewals).toBe(1)
    line.close()
  })

  it('is not made again where there is nothing to renew', async () => {
    await using remote = await startRemote(
      usual((_seen, response) => response.writeHead(401).end()),
    )
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({ error: {} })
    expect(remote.of('tools/call')).toHaveLength(1)
    line.close()
  })

  it('opens the session again that the server forgot, once for all calls that met it', async () => {
    let openings = 0
    await using remote = await startRemote(({ rpc, id, headers, method }, response) => {
      if (rpc === 'initialize')
        return json(response, id, opened, { 'mcp-session-id': `session-${++openings}` })
      if (method !== 'POST') return response.writeHead(405).end()
      if (rpc?.startsWith('notifications/')) return response.writeHead(202).end()
      if (headers['mcp-session-id'] === 'session-1') return response.writeHead(404).end()
      return json(response, id, '{"content":[]}')
    })
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    await line.open()
    for (const id of ['a', 'b', 'c'])
      line.send(`{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"pay"}}`)
    const answers = [await line.next(), await line.next(), await line.next()]
    expect(answers.every((answer) => answer?.includes('"result":{"content":[]}'))).toBe(true)
    expect(openings).toBe(2)
    const [first, again] = remote.of('initialize')
    expect(again?.headers['mcp-session-id']).toBeUndefined()
    expect(again?.body.replace('"warder-opening"', first?.id ?? '')).toBe(first?.body)
    expect(remote.of('notifications/initialized')).toHaveLength(2)
    const sent = remote.of('tools/call').map(({ headers }) => headers['mcp-session-id'])
    expect(sent.filter((id) => id === 'session-2')).toHaveLength(3)
    line.close()
  })

  it('is given up when the server forgets the new session too', async () => {
    await using remote = await startRemote(
      usual((_seen, response) => response.writeHead(404).end()),
    )
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({ error: {} })
    expect(remote.of('tools/call')).toHaveLength(2)
    line.close()
  })
})

describe('a call that may have been processed', () => {
  it.each([
    ['a broken answer', (r: import('node:http').ServerResponse) => r.destroy()],
    ['an error of the server', (r: import('node:http').ServerResponse) => r.writeHead(500).end()],
    [
      'a redirect',
      (r: import('node:http').ServerResponse) => r.writeHead(307, { location: '/elsewhere' }).end(),
    ],
    ['no permission', (r: import('node:http').ServerResponse) => r.writeHead(403).end()],
    [
      'a half answer',
      (r: import('node:http').ServerResponse) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': 99 }).write('{"js')
        r.destroy()
      },
    ],
  ])('is never sent again: %s', async (_name, fail) => {
    await using remote = await startRemote(
      usual(({ rpc, id }, response) =>
        rpc === 'tools/call' ? fail(response) : json(response, id, '{}'),
      ),
    )
    await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    world.renewed = async () => 'fresh'
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({ error: {} })
    expect(await line.call('ping')).toMatchObject({ result: {} })
    expect(remote.of('tools/call')).toHaveLength(1)
    expect(remote.seen.some(({ method, rpc }) => method === 'POST' && rpc === null)).toBe(false)
    line.close()
  })
})
