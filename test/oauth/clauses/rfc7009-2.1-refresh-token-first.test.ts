import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { revokeAt, shown } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 7009 §2.1: the refresh token goes first, since its end ends access tokens at many providers, never the reverse. */

it('shows the refresh token, then the access token', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await revokeAt(house, provider)
  expect(shown(provider)).toEqual(['refresh-token-2', 'access-token-2'])
})

it('goes on with the access token where the provider does not take the other', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const good = provider.answers.get('/revoke') ?? (() => ({}))
  provider.answers.set('/revoke', (request) =>
    request.form.get('token_type_hint') === 'refresh_token'
      ? { status: 400, body: { error: 'unsupported_token_type' } }
      : good(request),
  )
  const receipt = await revokeAt(house, provider)
  expect(shown(provider)).toEqual(['refresh-token-2', 'access-token-2'])
  expect(receipt.state).not.toBe('proven')
})
