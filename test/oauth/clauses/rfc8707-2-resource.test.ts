import { expect, it } from 'vitest'
import { connectTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 8707 §2: every request for a code or a token says which server the token is for. */

it('names the resource once in the authorization request', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  expect(new URL(signIn.url).searchParams.getAll('resource')).toEqual([provider.serverUrl])
})

it('names it in each token request', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.time.now += 3_600_000
  await house.grants.accessToken('notes')
  const named = provider
    .to('/token')
    .map(({ form }) => [form.get('grant_type'), form.getAll('resource')])
  expect(named).toEqual([
    ['authorization_code', [provider.serverUrl]],
    ['refresh_token', [provider.serverUrl]],
  ])
})

it('takes no resource with a fragment', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ resource: `${provider.serverUrl}#x` }),
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'net.url_refused' })
})
