import { expect, it } from 'vitest'
import { MOST_LOOKS } from '../../../main/oauth/receipt.ts'
import { openHouse } from '../support/house.ts'
import { introspects, nextAttempt, revokeAt, stepOf, wasRevoked } from '../support/revocations.ts'
import { type Received, startScriptedProvider } from '../support/scripted-provider.ts'

/**
 * RFC 7662 §2.2: `active: false` is also said of tokens that the provider does not know, or that this client may not
 * know about. It is proof only after the same endpoint had said `active: true`.
 */

it('after active is the proof for the refresh token, which then is not tried', async () => {
  await using provider = await startScriptedProvider()
  introspects(provider, ({ form }: Received) => !wasRevoked(provider, form.get('token')))
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(receipt).toMatchObject({ state: 'proven', remains: null })
  expect(stepOf(receipt, 'introspect-refresh-token')).toMatchObject({ outcome: 'done' })
  expect(stepOf(receipt, 'introspect-access-token')).toMatchObject({ outcome: 'done' })
  expect(stepOf(receipt, 'try-refresh')).toBeUndefined()
})

it('without active before proves nothing', async () => {
  await using provider = await startScriptedProvider()
  introspects(provider, () => false)
  provider.answers.set('/revoke', () => ({ status: 200 }))
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(stepOf(receipt, 'introspect-refresh-token')).toMatchObject({ outcome: 'unsupported' })
  expect(receipt.state).toBe('pending')
})

it('remembers over a crash that the token was active before', async () => {
  await using provider = await startScriptedProvider()
  introspects(provider, ({ form }: Received) => !wasRevoked(provider, form.get('token')))
  const revokes = provider.answers.get('/revoke')
  provider.answers.set('/revoke', () => ({ cut: true }))
  await using house = await openHouse()
  await revokeAt(house, provider)
  if (revokes) provider.answers.set('/revoke', revokes)
  const receipt = await nextAttempt(house)
  expect(stepOf(receipt, 'introspect-refresh-token')).toMatchObject({ outcome: 'done' })
  expect(receipt.state).toBe('proven')
})

it('still active after the revocation was confirmed: asked again, and not called revoked', async () => {
  await using provider = await startScriptedProvider()
  introspects(provider, () => true)
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(receipt.state).toBe('pending')
  expect(stepOf(receipt, 'introspect-refresh-token')).toMatchObject({ outcome: 'failed' })
  const before = provider.to('/revoke').length
  await nextAttempt(house)
  expect(provider.to('/revoke').length).toBeGreaterThan(before)
  // Nothing has to be tried where the provider says it itself.
  expect(provider.to('/token').some(({ form }) => form.has('refresh_token'))).toBe(false)
})

it('active for ever: is not asked for ever, and the receipt says that it may live', async () => {
  await using provider = await startScriptedProvider()
  introspects(provider, () => true)
  await using house = await openHouse()
  let receipt = await revokeAt(house, provider)
  for (let look = 1; look < MOST_LOOKS; look++) {
    expect(receipt.state).toBe('pending')
    receipt = await nextAttempt(house)
  }
  expect(receipt).toMatchObject({
    state: 'local-only',
    remains: expect.stringMatching(/still calls the refresh token active, 12 times.*own page/),
  })
  expect(await house.vault.get(`revoke:${receipt.id}`)).toBeNull()
  const asked = provider.to('/introspect').length
  house.time.now += 86_400_000
  house.grants.start()
  expect(provider.to('/introspect')).toHaveLength(asked)
})

it('does not outweigh the server, which takes a token that contains itself', async () => {
  await using provider = await startScriptedProvider()
  introspects(provider, ({ form }: Received) => !wasRevoked(provider, form.get('token')))
  const challenge = provider.answers.get('/mcp')
  provider.answers.set('/mcp', (request) =>
    request.headers.authorization === undefined
      ? (challenge?.(request) ?? {})
      : { status: 200, body: {} },
  )
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(receipt).toMatchObject({
    state: 'revoked',
    remains: expect.stringContaining('may still be accepted'),
  })
})
