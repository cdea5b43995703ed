import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { announce } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6749 §3.1: the endpoint's own query stays as it is, and no parameter occurs twice. */

it('keeps the query, byte for byte, before our parameters', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const endpoint = `${provider.origin}/authorize?tenant=a%20b&x=%2B`
  announce(provider, { authorization_endpoint: endpoint })
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  expect(signIn.url.startsWith(`${endpoint}&`)).toBe(true)
  const names = [...new URL(signIn.url).searchParams.keys()]
  expect(new Set(names).size).toBe(names.length)
})

it.each([
  'redirect_uri=https%3A%2F%2Fevil.example',
  'state=fixed',
  'client_id=other',
  'code_challenge_method=plain',
  'st%61te=fixed',
  'Response_Type=token',
])('opens nothing where it presets %s', async (query) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  announce(provider, { authorization_endpoint: `${provider.origin}/authorize?${query}` })
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({
    code: 'net.url_refused',
    details: { rule: 'parameters' },
  })
  expect(provider.to('/register')).toEqual([])
})
