import { expect, it } from 'vitest'
import { connectTo, openHouse } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const METADATA = '/.well-known/oauth-authorization-server'
const HOUR = 3_600_000

function publish(
  provider: ScriptedProvider,
  headers: Record<string, string>,
  changes: Record<string, unknown> = {},
) {
  provider.answers.set(METADATA, () => ({ headers, body: provider.metadata(changes) }))
}

it('renews by metadata that its provider calls fresh, and asks when that is over', async () => {
  await using provider = await startScriptedProvider()
  publish(provider, { 'cache-control': 'max-age=7200' })
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.time.now += HOUR
  await house.grants.accessToken('notes')
  expect(provider.to(METADATA)).toHaveLength(1)
  house.time.now += HOUR
  await house.grants.accessToken('notes')
  expect(provider.to(METADATA)).toHaveLength(2)
})

it('asks at each renewal where the provider says nothing of caching', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.time.now += HOUR
  await house.grants.accessToken('notes')
  expect(provider.to(METADATA)).toHaveLength(2)
})

it('asks at each sign-in', async () => {
  await using provider = await startScriptedProvider()
  publish(provider, { 'cache-control': 'max-age=7200' })
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  await connectTo(house, provider.serverUrl)
  expect(provider.to(METADATA)).toHaveLength(2)
})

it('asks anew after a refusal, and freezes the grant when the endpoint has moved', async () => {
  await using provider = await startScriptedProvider()
  publish(provider, { 'cache-control': 'max-age=86400' })
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_request' } }))
  house.time.now += HOUR
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
  publish(provider, {}, { token_endpoint: `${provider.origin}/moved` })
  house.time.now += HOUR
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({ code: 'grant.frozen' })
  expect(provider.to('/moved')).toEqual([])
})

it('revalidates by entity tag', async () => {
  await using provider = await startScriptedProvider()
  provider.answers.set(METADATA, ({ headers }) =>
    headers['if-none-match'] === '"v1"'
      ? { status: 304 }
      : { headers: { etag: '"v1"' }, body: provider.metadata() },
  )
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.time.now += HOUR
  await house.grants.accessToken('notes')
  house.time.now += HOUR
  await house.grants.accessToken('notes')
  expect(provider.to(METADATA).map(({ headers }) => headers['if-none-match'])).toEqual([
    undefined,
    '"v1"',
    '"v1"',
  ])
})
