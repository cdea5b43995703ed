import { expect, it } from 'vitest'
import { connectTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** A person sees host, issuer and scopes before any page opens, and only a person's wish opens one. */

it('opens nothing before it is told to, and then once what it said', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  expect(house.opened).toEqual([])
  const { host, issuer, scopes } = signIn
  expect({ host, issuer, scopes }).toEqual({
    host: new URL(provider.origin).host,
    issuer: provider.origin,
    scopes: ['files:read'],
  })
  await signIn.open()
  expect(house.opened).toEqual([signIn.url])
  expect(new URL(signIn.url).host).toBe(host)
  signIn.cancel()
})

it.each([
  ['the provider refuses the renewal', { status: 400, body: { error: 'invalid_grant' } }],
  ['the provider wants the person to come', { status: 400, body: { error: 'login_required' } }],
  ['the provider is down', { status: 503 }],
])('opens nothing by itself when %s', async (_what, reply) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  provider.answers.set('/token', () => reply)
  house.time.now += 3_600_000
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
    code: expect.stringMatching(/^(grant|oauth)\./),
  })
  expect(house.opened).toEqual([])
})
