import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

it.each([
  ['another issuer', () => 'https://honest.example'],
  ['a trailing slash', (origin: string) => `${origin}/`],
  ['another spelling of the host', (origin: string) => origin.replace('http:', 'HTTP:')],
])('refuses metadata whose issuer is %s (RFC 8414 §3.3)', async (_what, issuer) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ issuer: issuer(provider.origin) }),
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
  expect(house.opened).toEqual([])
  expect(provider.to('/register')).toEqual([])
})

it('does not look for better metadata after one that speaks for another issuer', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ issuer: 'https://honest.example' }),
  }))
  provider.answers.set('/.well-known/openid-configuration', () => ({ body: provider.metadata() }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
})
