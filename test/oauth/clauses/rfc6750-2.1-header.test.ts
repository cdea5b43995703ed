import { expect, it } from 'vitest'
import { json, startRemote, usual } from '../../bridge/support/remote.ts'
import { remoteServer, startWorld } from '../../bridge/support/world.ts'
import { connectTo, openHouse } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6750 §2.1, §2.3: a token goes in the Authorization header, never in a URL or a body. */

it('to the MCP server, with every message', async () => {
  const urls: string[] = []
  const obliging = usual(({ id }, response) => json(response, id, '{"content":[]}'))
  await using remote = await startRemote((seen, response) => {
    urls.push(response.req.url ?? '')
    return obliging(seen, response)
  })
  await using world = await startWorld({ s: remoteServer(`${remote.url}?tenant=1`, 'oauth') })
  world.tokens.set('s', 'the-access-token')
  const line = await world.line('s')
  await line.open()
  await line.call('tools/call', { name: 'work' })
  line.close()
  expect(remote.seen.length).toBeGreaterThan(1)
  expect(new Set(urls)).toEqual(new Set(['/mcp?tenant=1']))
  for (const { headers, body } of remote.seen) {
    expect(headers.authorization).toBe('Bearer the-access-token')
    expect(body).not.toContain('the-access-token')
  }
})

it('and nothing secret in the URL of any request to a provider', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const { id } = await connectTo(house, provider.serverUrl)
  house.time.now += 3_600_000
  await house.grants.accessToken('notes')
  await house.grants.revoke(id, 'by the test')
  const secrets = [...house.knownSecrets.entries()].map(({ value }) => value)
  const queries = provider.received.map(({ query }) => query.toString()).join()
  expect(secrets.length).toBeGreaterThan(3)
  for (const value of secrets) expect(queries).not.toContain(value)
})
