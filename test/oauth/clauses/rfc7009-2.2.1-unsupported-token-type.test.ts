import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { revokeAt, stepOf } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 7009 §2.2.1: `unsupported_token_type` is the answer of providers whose access tokens contain themselves. */

it('for the access token leaves the refresh token revoked, and says until when the other lives', async () => {
  await using provider = await startScriptedProvider()
  const revokes = provider.answers.get('/revoke')
  provider.answers.set('/revoke', (request) =>
    request.form.get('token_type_hint') === 'access_token'
      ? { status: 400, body: { error: 'unsupported_token_type' } }
      : (revokes?.(request) ?? {}),
  )
  provider.answers.set('/mcp', ({ headers }) => challengeUnless(headers.authorization))
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(stepOf(receipt, 'revoke-access-token')).toMatchObject({ outcome: 'unsupported' })
  expect(receipt.state).toBe('revoked')
  expect(receipt.remains).toContain(new Date(house.time.now + 3_600_000).toISOString())

  function challengeUnless(authorization: string | undefined) {
    const resourceMetadata = `${provider.origin}/.well-known/oauth-protected-resource/mcp`
    return authorization === undefined
      ? {
          status: 401,
          headers: { 'www-authenticate': `Bearer resource_metadata="${resourceMetadata}"` },
        }
      : { status: 200, body: {} }
  }
})

it('for the refresh token means that it lives on', async () => {
  await using provider = await startScriptedProvider()
  provider.answers.set('/revoke', () => ({
    status: 400,
    body: { error: 'unsupported_token_type' },
  }))
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(receipt.state).toBe('local-only')
  expect(receipt.remains).toContain('a copy of it could be used')
})
