import { expect, it } from 'vitest'
import { connectTo, openHouse } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** One renewal in flight for each grant, ahead of its end: two would have a provider that rotates end the whole family. */

const HOUR = 3_600_000
const renewals = (provider: ScriptedProvider) =>
  provider.to('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token')

it('uses a token until shortly before it ends, then renews ahead of time', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.time.now += HOUR - 60_001
  const before = await house.grants.accessToken('notes')
  expect(renewals(provider)).toHaveLength(0)
  house.time.now += 1
  const after = await house.grants.accessToken('notes')
  expect(after.value).not.toBe(before.value)
  const [renewal] = renewals(provider).map(({ form }) => Object.fromEntries(form))
  expect(renewal).toMatchObject({
    resource: provider.serverUrl,
    refresh_token: 'refresh-token-2',
  })
  expect(house.events).toEqual(['connected notes/default', 'refreshed notes/default'])
})

it('renews once for all who ask meanwhile', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.time.now += HOUR
  const asked = Array.from({ length: 50 }, () => house.grants.accessToken('notes'))
  const values = (await Promise.all(asked)).map(({ value }) => value)
  expect(new Set(values).size).toBe(1)
  expect(renewals(provider)).toHaveLength(1)
})

it('renews once for all whose token the server rejected', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  const old = await house.grants.accessToken('notes')
  const again = await Promise.all([old, old, old].map((token) => house.grants.rejected(token)))
  await house.grants.rejected(old)
  expect(new Set(again.map(({ value }) => value)).size).toBe(1)
  expect(renewals(provider)).toHaveLength(1)
})
