import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { introspects, revokeAt, stepOf } from '../support/revocations.ts'
import { type Reply, startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 7662 §2.3 and whatever else is no answer: nothing is concluded from it, and the other proofs are sought. */

const replies: [string, Reply][] = [
  ['a client that may not ask', { status: 401, body: { error: 'invalid_client' } }],
  ['a kind of token it does not know', { status: 400, body: { error: 'unsupported_token_type' } }],
  ['an error that claims to be an answer', { status: 500, body: { active: true } }],
  ['active in words', { body: { active: 'true' } }],
  ['no active at all', { body: {} }],
  ['a list', { body: [true] }],
  ['a page', { body: '<html>active</html>' }],
  ['a cut line', { cut: true }],
]

it.each(replies)('%s', async (_what, reply) => {
  await using provider = await startScriptedProvider()
  introspects(provider, () => true)
  provider.answers.set('/introspect', () => reply)
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(stepOf(receipt, 'introspect-refresh-token')).toMatchObject({ outcome: 'unsupported' })
  expect(stepOf(receipt, 'try-refresh')).toMatchObject({ outcome: 'done' })
  expect(receipt.state).toBe('proven')
})

it('follows no redirect with a token', async () => {
  await using elsewhere = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  introspects(provider, () => true)
  provider.answers.set('/introspect', () => ({
    status: 307,
    headers: { location: `${elsewhere.origin}/introspect` },
  }))
  await using house = await openHouse()
  await revokeAt(house, provider)
  expect(elsewhere.received).toEqual([])
})
