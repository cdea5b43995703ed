import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { announce } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP, Client Registration: as registered by hand, else by document, else dynamically, else a person is asked. */

const document = 'https://ann.example/warder/client.json'
const byHand = { clientId: 'by-hand', redirectUri: 'http://127.0.0.1/cb' }

it.each([
  ['by hand', byHand, { client_id_metadata_document_supported: true }, 'by-hand', 0],
  ['by document', undefined, { client_id_metadata_document_supported: true }, document, 0],
  ['dynamically', undefined, {}, 'client-1', 1],
])('%s, and in no further way', async (_how, oauth, metadata, clientId, registered) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse({ settings: () => ({ clientMetadataUrl: document }) })
  announce(provider, metadata)
  const signIn = await house.grants.connect(serverAt(provider.serverUrl, oauth))
  signIn.cancel()
  expect(new URL(signIn.url).searchParams.get('client_id')).toBe(clientId)
  expect(provider.to('/register')).toHaveLength(registered)
})

it('does not make a client up where none of these is offered', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse({ settings: () => ({ clientMetadataUrl: document }) })
  announce(provider, { registration_endpoint: undefined })
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({
    code: 'oauth.registration_needed',
    details: { issuer: provider.origin, redirectUri: expect.stringContaining('127.0.0.1') },
  })
  expect(house.opened).toEqual([])
})
