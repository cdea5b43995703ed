import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 9728 §3.3: metadata that speaks of another resource must not be used, or tokens would be asked for in its name. */

it.each([
  ['another origin', () => 'http://127.0.0.1:4/mcp'],
  ['a neighbour at the same origin', (origin: string) => `${origin}/other`],
  ['a path that only begins the same', (origin: string) => `${origin}/m`],
  ['a deeper path', (origin: string) => `${origin}/mcp/admin`],
  ['the same with a query', (origin: string) => `${origin}/mcp?tenant=2`],
])('refuses metadata of %s', async (_what, resource) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ resource: resource(provider.origin) }),
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.resource_mismatch' })
  expect(house.opened).toEqual([])
  expect(provider.to('/.well-known/oauth-authorization-server')).toEqual([])
})

it('takes a parent path at the same origin, and asks for a token for that', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ resource: `${provider.origin}/` }),
  }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  expect(new URL(signIn.url).searchParams.get('resource')).toBe(`${provider.origin}/`)
})
