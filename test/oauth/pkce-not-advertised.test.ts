import { expect, it } from 'vitest'
import { openHouse, serverAt } from './support/house.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

it.each([
  ['says nothing of PKCE', undefined, 'oauth.pkce_unsupported'],
  ['offers plain only', ['plain'], 'oauth.pkce_unsupported'],
  ['spells S256 in another case', ['s256'], 'oauth.pkce_unsupported'],
  ['writes a string for a list', 'S256', 'oauth.metadata_invalid'],
])('refuses a provider that %s', async (_what, methods, code) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ code_challenge_methods_supported: methods }),
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code })
  expect(house.opened).toEqual([])
})
