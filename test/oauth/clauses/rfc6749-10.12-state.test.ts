import { expect, it } from 'vitest'
import { answerTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6749 §10.12: an answer counts only with the state of its own request, which nobody can guess, and once. */

const stateOf = (url: string) => new URL(url).searchParams.get('state') ?? ''

it('has 256 bits, others for each sign-in', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const states = new Set<string>()
  for (let turn = 0; turn < 4; turn++) {
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    signIn.cancel()
    expect(Buffer.from(stateOf(signIn.url), 'base64url')).toHaveLength(32)
    states.add(stateOf(signIn.url))
  }
  expect(states.size).toBe(4)
})

it.each([
  ['is guessed', () => 'A'.repeat(43)],
  ['is empty', () => ''],
  ['is only the beginning', (own: string) => own.slice(0, -1)],
  ['is in another case', (own: string) => own.toUpperCase()],
])('an answer whose state %s leads to no token', async (_what, forge) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  const parameters = { code: 'of-an-attacker', iss: provider.origin }
  const forged = answerTo(signIn, { ...parameters, state: forge(stateOf(signIn.url)) })
  const page = await fetch(forged)
  expect(page.status).toBe(400)
  expect(await page.text()).toContain('(oauth.state_mismatch)')
  expect(provider.to('/token')).toEqual([])
  signIn.cancel()
})

it('an answer that comes twice counts once', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  const answer = answerTo(signIn, { code: 'the-code', iss: provider.origin })
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => fetch(answer)))
  await signIn.completed
  const taken = outcomes.filter(({ status, ...rest }) => {
    return status === 'fulfilled' && (rest as { value: Response }).value.status === 200
  })
  expect(taken).toHaveLength(1)
  expect(provider.to('/token')).toHaveLength(1)
})
