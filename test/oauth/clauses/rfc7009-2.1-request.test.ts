import { expect, it } from 'vitest'
import { connectTo, openHouse } from '../support/house.ts'
import { announce, revokeAt, shown } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 7009 §2.1: POST, `token`, `token_type_hint`, client authentication (security.md F1); refresh token first (F4). */

it('is a form-encoded POST with the token, its hint and the client, the refresh token first', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await revokeAt(house, provider)
  const asked = provider.to('/revoke')
  expect(asked.map(({ method }) => method)).toEqual(['POST', 'POST'])
  for (const { headers } of asked)
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
  expect(asked.map(({ form }) => Object.fromEntries(form))).toEqual([
    { token: 'refresh-token-2', token_type_hint: 'refresh_token', client_id: 'client-1' },
    { token: 'access-token-2', token_type_hint: 'access_token', client_id: 'client-1' },
  ])
  for (const { query } of asked) expect([...query]).toEqual([])
})

it('authenticates a confidential client as at its sign-in', async () => {
  await using provider = await startScriptedProvider()
  announce(provider, { token_endpoint_auth_methods_supported: ['client_secret_basic'] })
  await using house = await openHouse({ resolveSecret: async () => 'the secret of the client' })
  const byHand = {
    clientId: 'by-hand',
    clientSecret: 'secret:app',
    issuer: provider.origin,
    redirectUri: 'http://127.0.0.1/cb',
  }
  const { id } = await connectTo(house, provider.serverUrl, byHand)
  await house.grants.revoke(id, 'by the test')
  const basic = Buffer.from('by-hand:the+secret+of+the+client').toString('base64')
  for (const { headers, form } of provider.to('/revoke')) {
    expect(headers.authorization).toBe(`Basic ${basic}`)
    expect(form.has('client_secret')).toBe(false)
  }
  expect(shown(provider)).toHaveLength(2)
})

it('follows no redirect with a token', async () => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/revoke', () => ({
    status: 307,
    headers: { location: `${elsewhere.origin}/revoke` },
  }))
  const receipt = await revokeAt(house, provider)
  expect(elsewhere.received).toEqual([])
  expect(receipt).toMatchObject({
    state: 'local-only',
    remains: expect.stringContaining('did not accept the revocation (307)'),
  })
})
