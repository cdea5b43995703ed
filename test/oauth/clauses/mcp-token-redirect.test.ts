import { expect, it } from 'vitest'
import { connectTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** No request that holds a code, a token or a secret follows a redirect. */

const statuses = [301, 302, 303, 307, 308]

it.each(statuses)('a code does not follow a %d', async (status) => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const headers = { location: `${elsewhere.origin}/token` }
  provider.answers.set('/token', () => ({ status, headers }))
  await expect(connectTo(house, provider.serverUrl)).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
  expect(elsewhere.received).toEqual([])
})

it.each(statuses)('a refresh token does not follow a %d', async (status) => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  const headers = { location: `${elsewhere.origin}/token` }
  provider.answers.set('/token', () => ({ status, headers }))
  house.time.now += 3_600_000
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
  expect(elsewhere.received).toEqual([])
})

it('a revoked token follows none', async () => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const { id } = await connectTo(house, provider.serverUrl)
  const headers = { location: `${elsewhere.origin}/revoke` }
  provider.answers.set('/revoke', () => ({ status: 308, headers }))
  const receipt = await house.grants.revoke(id, 'by the test')
  expect(receipt.state).not.toBe('proven')
  expect(elsewhere.received).toEqual([])
})

it('a registration follows none', async () => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const headers = { location: `${elsewhere.origin}/register` }
  provider.answers.set('/register', () => ({ status: 307, headers }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.registration_failed' })
  expect(elsewhere.received).toEqual([])
})
