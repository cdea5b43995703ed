import { expect, it } from 'vitest'
import { allow, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 8252 §8.10: each provider has a redirect URI of its own, so that no other one's answer arrives there. */

const redirectUri = (url: string) => new URL(new URL(url).searchParams.get('redirect_uri') ?? '')

it('is another path for each issuer', async () => {
  await using one = await startScriptedProvider()
  await using other = await startScriptedProvider()
  await using house = await openHouse()
  const signIns = [
    await house.grants.connect(serverAt(one.serverUrl)),
    await house.grants.connect(serverAt(other.serverUrl, undefined, 'files')),
  ]
  const [a, b] = signIns.map(({ url }) => redirectUri(url).pathname)
  expect(a).not.toBe(b)
  for (const signIn of signIns) signIn.cancel()
})

it('takes no answer that a hostile provider sends to the place of another one', async () => {
  await using evil = await startScriptedProvider()
  await using honest = await startScriptedProvider()
  await using house = await openHouse()
  const atEvil = await house.grants.connect(serverAt(evil.serverUrl, undefined, 'files'))
  const atHonest = await house.grants.connect(serverAt(honest.serverUrl))
  const state = new URL(atEvil.url).searchParams.get('state') ?? ''
  const answer = new URLSearchParams({ code: 'stolen', state, iss: evil.origin })
  // The right port, whichever path it tries: its own, or the other one's.
  const place = redirectUri(atHonest.url)
  const own = new URL(redirectUri(atEvil.url).pathname, place)
  expect((await fetch(`${place}?${answer}`)).status).toBe(400)
  expect((await fetch(`${own}?${answer}`)).status).toBe(404)
  expect([...evil.to('/token'), ...honest.to('/token')]).toEqual([])
  await allow(atHonest)
  atEvil.cancel()
})
