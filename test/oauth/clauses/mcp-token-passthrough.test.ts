import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { json, startRemote, usual } from '../../bridge/support/remote.ts'
import { remoteServer, startWorld } from '../../bridge/support/world.ts'

/** MCP, Token Passthrough: what a client shows of its own credentials goes no further than Warder. */

const own = {
  cookie: 'sid=canary-cookie',
  'proxy-authorization': 'Basic canary-proxy',
  'x-forwarded-for': 'canary-forwarded',
  'x-forwarded-access-token': 'canary-token',
  forwarded: 'for=canary',
  'x-api-key': 'canary-key',
  dpop: 'canary-proof',
  'x-target-url': 'http://127.0.0.1:1/canary',
}

/** As a client over the token door: its bearer is Warder's own, all the rest is what it is not asked for. */
async function post(base: string, bearer: string, session: string | undefined, body: object) {
  const sent = request(`${base}/mcp/s`, {
    method: 'POST',
    headers: {
      ...own,
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
  })
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  sent.on('error', reject)
  sent.on('response', (response) => {
    text(response).then(() => resolve(response.headers['mcp-session-id']?.toString()), reject)
  })
  sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }))
  return promise
}

it.each([
  ['with an account', 'oauth', 'Bearer token-of-s'],
  ['that asks for none', 'public', undefined],
] as const)('a server %s sees nothing of it', async (_what, auth, authorization) => {
  await using remote = await startRemote(
    usual(({ id }, response) => json(response, id, '{"content":[]}')),
  )
  await using world = await startWorld({ s: remoteServer(remote.url, auth) })
  world.tokens.set('s', 'token-of-s')
  const session = await post(world.base, world.bearers.one, undefined, {
    method: 'initialize',
    params: {},
  })
  await post(world.base, world.bearers.one, session, {
    method: 'tools/call',
    params: { name: 'work' },
  })
  expect(remote.of('tools/call')).toHaveLength(1)
  for (const { headers, body } of remote.seen) {
    expect(headers.authorization).toBe(authorization)
    const seen = JSON.stringify([headers, body])
    expect(seen).not.toContain('canary')
    expect(seen).not.toContain(world.bearers.one)
  }
})
