import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { nextAttempt, revokeAt, shown } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 7009 §2.2.1: 503 means that the token still exists; ask again, not before `Retry-After` (security.md F3). */

it.each([
  ['7200', 7_200_000],
  ['999999999', 86_400_000],
  ['soon', 60_000],
])('with Retry-After %s it is asked again after %i ms', async (value, wait) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/revoke', () => ({ status: 503, headers: { 'retry-after': value } }))
  const { state, remains } = await revokeAt(house, provider)
  expect(state).toBe('pending')
  expect(remains).toContain('take the token as valid there')
  const [row] = house.state.prepare('SELECT next_attempt_at FROM receipts').all()
  expect(row?.next_attempt_at).toBe(house.time.now + wait)
})

it('reads Retry-After as a date too (RFC 9110 §10.2.3)', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const then = Math.ceil(house.time.now / 1000) * 1000 + 3_600_000
  const date = new Date(then).toUTCString()
  provider.answers.set('/revoke', () => ({ status: 503, headers: { 'retry-after': date } }))
  await revokeAt(house, provider)
  const [row] = house.state.prepare('SELECT next_attempt_at FROM receipts').all()
  expect(row?.next_attempt_at).toBe(then)
})

it('tries no token that the provider did not revoke, and shows none to the server', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/revoke', () => ({ status: 503 }))
  const receipt = await revokeAt(house, provider)
  expect(receipt.steps.map(({ step }) => step)).not.toContain('probe')
  expect(provider.to('/token').some(({ form }) => form.has('refresh_token'))).toBe(false)
})

it('waits longer from time to time, over restarts, and does not repeat what was confirmed', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const revokes = provider.answers.get('/revoke')
  provider.answers.set('/revoke', (request) =>
    request.form.get('token_type_hint') === 'refresh_token'
      ? (revokes?.(request) ?? {})
      : { status: 503 },
  )
  await revokeAt(house, provider)
  const waits: number[] = []
  for (let attempt = 0; attempt < 3; attempt++) {
    await nextAttempt(house)
    const [row] = house.state.prepare('SELECT next_attempt_at FROM receipts').all()
    waits.push(Number(row?.next_attempt_at) - house.time.now)
  }
  expect(waits).toEqual([120_000, 240_000, 480_000])
  expect(shown(provider).filter((token) => token === 'refresh-token-2')).toHaveLength(1)
})
