import { expect, it } from 'vitest'
import { connectTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP, Authorization Server Binding: what one provider gave a client is shown to that provider only. */

it('does not take a client that was registered by hand to another provider', async () => {
  await using provider = await startScriptedProvider()
  await using other = await startScriptedProvider()
  await using house = await openHouse()
  const oauth = { clientId: 'by-hand', redirectUri: 'http://127.0.0.1/callback' }
  await connectTo(house, provider.serverUrl, oauth)
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ authorization_servers: [other.origin] }),
  }))
  const connecting = connectTo(house, provider.serverUrl, oauth)
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
  expect(other.to('/token')).toEqual([])
})

it('gives that secret to no other provider, whatever the state database says', async () => {
  await using evil = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/register', ({ json }) => ({
    status: 201,
    body: {
      ...(json as object),
      client_id: 'c',
      client_secret: 'handed-out',
      token_endpoint_auth_method: 'client_secret_post',
    },
  }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  house.state.prepare('UPDATE registrations SET issuer = ?').run(evil.origin)
  const connecting = house.grants.connect(serverAt(evil.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'vault.locked_or_missing' })
  expect(evil.to('/token')).toEqual([])
})

it('registers anew where the server names another provider, and shows it nothing of the first', async () => {
  await using provider = await startScriptedProvider()
  await using other = await startScriptedProvider()
  await using house = await openHouse()
  const first = await connectTo(house, provider.serverUrl)
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ authorization_servers: [other.origin] }),
  }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  expect(other.to('/register')).toHaveLength(1)
  const shown = JSON.stringify(
    other.received.map(({ query, form, json, headers }) => [[...query, ...form], json, headers]),
  )
  for (const own of [first.clientId, 'refresh-token-2', 'access-token-2'])
    expect(shown).not.toContain(`"${own}"`)
  expect(other.to('/token')).toEqual([])
})
