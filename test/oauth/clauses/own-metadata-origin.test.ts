import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** A server that could say where its metadata lies could have us read, from where we stand, whatever it likes. */

const wellKnown = '/.well-known/oauth-protected-resource/mcp'

it('a challenge that names another origin is not followed', async () => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  elsewhere.answers.set('/x', () => ({ body: provider.resourceMetadata() }))
  provider.answers.set('/mcp', () => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer resource_metadata="${elsewhere.origin}/x"` },
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
  expect(elsewhere.received).toEqual([])
})

it('a document that a redirect led to another origin for is not believed', async () => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  elsewhere.answers.set('/x', () => ({ body: provider.resourceMetadata() }))
  provider.answers.set(wellKnown, () => ({
    status: 302,
    headers: { location: `${elsewhere.origin}/x` },
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
  expect(provider.to('/register')).toEqual([])
})
