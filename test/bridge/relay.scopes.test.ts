import { describe, expect, it } from 'vitest'
import { json, startRemote, usual } from './support/remote.ts'
import { remoteServer, startWorld } from './support/world.ts'

const call = { name: 'pay', arguments: { amount: 1 } }
const challenge = 'Bearer error="insufficient_scope", scope="money:move money:see"'

describe('a call that the server refuses for want of scopes (RFC 6750 §3.1)', () => {
  it('is not made again; its requester is told what is missing for which tool', async () => {
    await using remote = await startRemote(
      usual(({ rpc, id }, response) =>
        rpc === 'tools/call'
          ? response.writeHead(403, { 'www-authenticate': challenge }).end()
          : json(response, id, '{"tools":[]}'),
      ),
    )
    await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    world.tokens.set('s', 'a-token')
    world.parkSeconds = 0
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: {
        message:
          'the tool pay at s: money:move,money:see Or sign in at http://127.0.0.1:7/#/servers/s',
        data: { code: 'grant.scopes_needed' },
      },
    })
    expect(remote.of('tools/call')).toHaveLength(1)
    // The account works: everything else goes on.
    expect(await line.call('tools/list', {})).toMatchObject({ result: { tools: [] } })
    const outcomes = world.house.rows().filter(({ phase }) => phase === 'outcome')
    expect(outcomes.map(({ method, code }) => [method, code])).toContainEqual([
      'tools/call',
      'grant.scopes_needed',
    ])
    line.close()
  })

  it('lets a client open that is refused so at its opening', async () => {
    await using remote = await startRemote((_seen, response) =>
      response.writeHead(403, { 'www-authenticate': challenge }).end(),
    )
    await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    world.tokens.set('s', 'a-token')
    const line = await world.line('s')
    const answer = await line.call('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'one', version: '1' },
    })
    expect(answer).toMatchObject({ result: { serverInfo: { name: 's' } } })
    line.close()
  })

  it.each([
    ['another error', 'Bearer error="invalid_request"'],
    ['another scheme', 'DPoP error="insufficient_scope", scope="money:move"'],
    ['nothing', undefined],
  ])('is a plain refusal where the challenge says %s', async (_what, field) => {
    await using remote = await startRemote(
      usual((_seen, response) =>
        response.writeHead(403, field === undefined ? {} : { 'www-authenticate': field }).end(),
      ),
    )
    await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
    world.tokens.set('s', 'a-token')
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.refused' } },
    })
    line.close()
  })
})
