import { expect, it } from 'vitest'
import { connectTo, openHouse } from '../support/house.ts'
import { wasRevoked } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** Scopes are an attribute of a grant: a sign-in for more takes the place of the earlier one, and never doubles it. */

it('leaves one grant, with all scopes, and has the other revoked', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  const token = await house.grants.accessToken('notes')
  const wanted = { scopes: ['files:write'], operation: 'the tool save', configured: undefined }
  expect(house.grants.insufficient(token, wanted)).toMatchObject({ code: 'grant.scopes_needed' })
  const { promise: settled, resolve } = Promise.withResolvers<void>()
  house.grants.on('receipt', ({ state }) => void (state === 'pending' || resolve()))
  await connectTo(house, provider.serverUrl)
  const connected = house.grants.list().filter(({ state }) => state === 'connected')
  expect(connected.map(({ account, scopes }) => [account, [...scopes].sort()])).toEqual([
    ['default', ['files:read', 'files:write']],
  ])
  await settled
  expect(wasRevoked(provider, 'refresh-token-2')).toBe(true)
  expect(house.grants.list()).toHaveLength(1)
})
