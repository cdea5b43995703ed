import { expect, it } from 'vitest'
import { connectTo, openHouse } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6749 §7.1: a token of a type that is not understood is not used, nor one that would not fit into a header. */

it.each([
  ['of a type that was not asked for', { token_type: 'DPoP' }],
  ['of an unknown type', { token_type: 'mac' }],
  ['that is empty', { access_token: '' }],
  ['that would inject a header', { access_token: 'a\r\nX-Evil: 1' }],
  ['that is not ASCII', { access_token: 'café' }],
  ['that is too large', { access_token: 'A'.repeat(20_000) }],
])('refuses a token %s', async (_what, changes) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/token', () => ({
    body: { access_token: 'a-token', token_type: 'Bearer', ...changes },
  }))
  const refused = await connectTo(house, provider.serverUrl).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'oauth.token_refused' })
  expect(house.grants.list()).toEqual([])
})
