import { expect, it } from 'vitest'
import { allow, answerTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** State before anything, for errors too (CVE-2026-42073): whoever does not know it cannot end the sign-in. */

it.each<[string, Record<string, string>]>([
  ['an error without state', { error: 'access_denied', state: '' }],
  ['an error with a guessed state', { error: 'access_denied', state: 'guessed' }],
  ['a code with a guessed state', { code: 'of-an-attacker', state: 'guessed' }],
  ['a guessed state and another issuer', { code: 'c', state: 'x', iss: 'https://evil.example' }],
  ['a guessed state with code and error', { code: 'c', error: 'x', state: 'guessed' }],
])('%s is answered 400 for its state, and the sign-in waits on', async (_what, parameters) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  const page = await fetch(answerTo(signIn, { iss: provider.origin, ...parameters }))
  expect(page.status).toBe(400)
  expect(await page.text()).toContain('(oauth.state_mismatch)')
  expect(provider.to('/token')).toEqual([])
  await expect(allow(signIn)).resolves.toMatchObject({ state: 'connected' })
  expect(provider.to('/token').map(({ form }) => form.get('code'))).toEqual(['the-code'])
})

it.each<[string, Record<string, string>]>([
  ['both a code and an error', { code: 'c', error: 'access_denied' }],
  ['neither', {}],
])('an answer with %s is none, though its state is right', async (_what, parameters) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  const page = await fetch(answerTo(signIn, { iss: provider.origin, ...parameters }))
  expect(page.status).toBe(400)
  await expect(allow(signIn)).resolves.toMatchObject({ state: 'connected' })
})
