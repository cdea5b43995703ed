import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { nextAttempt, revokeAt, shown, stepOf, wasRevoked } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/**
 * RFC 7009 §2.2: 200 is the answer for what was revoked and for what is unknown (security.md F2), so 200 alone proves
 * nothing. Here a provider says 200 and goes on as before.
 */
async function forgetful() {
  const provider = await startScriptedProvider()
  provider.answers.set('/revoke', () => ({ status: 200 }))
  return provider
}

it('is no proof: a refresh token that still works is not called revoked', async () => {
  await using provider = await forgetful()
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(receipt).toMatchObject({
    state: 'pending',
    remains: expect.stringContaining('still took the refresh token'),
  })
  expect(stepOf(receipt, 'try-refresh')).toMatchObject({ outcome: 'failed', status: 200 })
})

it('has what the trial brought revoked at once, and keeps it to ask again', async () => {
  await using provider = await forgetful()
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(shown(provider).slice(2)).toEqual(['refresh-token-3', 'access-token-3'])
  const kept = await house.vault.get(`revoke:${receipt.id}`)
  expect(JSON.parse(kept ?? '')).toMatchObject({
    refreshToken: 'refresh-token-3',
    accessToken: 'access-token-3',
  })
  const texts = house.knownSecrets.entries()
  expect([...texts].map(({ value }) => value)).toContain('refresh-token-3')
})

it('is asked again, and proven once the provider really revokes', async () => {
  await using provider = await startScriptedProvider()
  const revokes = provider.answers.get('/revoke')
  provider.answers.set('/revoke', () => ({ status: 200 }))
  await using house = await openHouse()
  const { id } = await revokeAt(house, provider)
  if (revokes) provider.answers.set('/revoke', revokes)
  expect(await nextAttempt(house)).toMatchObject({ id, state: 'proven', remains: null })
  expect(wasRevoked(provider, 'refresh-token-3')).toBe(true)
  expect(await house.vault.get(`revoke:${id}`)).toBeNull()
})

it('is given up after three times, with the provider’s own page as the way out', async () => {
  await using provider = await forgetful()
  await using house = await openHouse()
  await revokeAt(house, provider)
  await nextAttempt(house)
  expect(await nextAttempt(house)).toMatchObject({
    state: 'local-only',
    remains: expect.stringMatching(/3 times: remove Warder's access/),
  })
  expect(provider.to('/token').filter(({ form }) => form.has('refresh_token'))).toHaveLength(3)
})
