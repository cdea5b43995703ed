import { expect, it } from 'vitest'
import { connectTo, openHouse } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** Out of use here before anybody is asked; what could not be revoked is said, and the token kept for that alone. */

it('is effective before anybody is asked', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const grant = await connectTo(house, provider.serverUrl)
  const revoking = house.grants.revoke(grant.id, 'by the test')
  expect(house.events.at(-1)).toBe('revoked notes/default')
  expect(house.grants.list()[0]?.state).toBe('revoking')
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  expect(provider.to('/revoke')).toEqual([])
  await revoking
})

it('says honestly what lives on where the provider cannot revoke', async () => {
  await using provider = await startScriptedProvider()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ revocation_endpoint: undefined }),
  }))
  await using house = await openHouse()
  const grant = await connectTo(house, provider.serverUrl)
  const receipt = await house.grants.revoke(grant.id, 'by the test')
  expect(receipt).toMatchObject({
    state: 'local-only',
    remains: expect.stringMatching(/no revocation endpoint.*could be used/),
  })
  expect(await house.vault.get(`revoke:${receipt.id}`)).toBeNull()
})

it('keeps a token that is still to be revoked where nothing reads it for use, until that is done', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const { id } = await connectTo(house, provider.serverUrl)
  const good = provider.answers.get('/revoke') ?? (() => ({}))
  provider.answers.set('/revoke', () => ({ cut: true }))
  const receipt = await house.grants.revoke(id, 'by the test')
  expect(receipt).toMatchObject({ state: 'pending', remains: expect.stringContaining('valid') })
  const revokeOnly = `revoke:${receipt.id}`
  expect(await house.vault.get(`grant:${id}`)).toBeNull()
  expect(await house.vault.get(revokeOnly)).toContain('refresh-token-2')
  await house.restart()
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  provider.answers.set('/revoke', good)
  await house.grants.revoke(id, 'again')
  expect(await house.vault.get(revokeOnly)).toBeNull()
  const renewals = provider.to('/token').filter(({ form }) => form.has('refresh_token'))
  // No renewal, but the one trial that shows that the token is dead.
  expect(renewals).toHaveLength(1)
})

it('sends the token to the endpoint of the sign-in, whatever the metadata says today', async () => {
  await using evil = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const grant = await connectTo(house, provider.serverUrl)
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ revocation_endpoint: `${evil.origin}/revoke` }),
  }))
  await house.grants.revoke(grant.id, 'by the test')
  expect(evil.received).toEqual([])
  expect(provider.to('/revoke')).toHaveLength(2)
})
