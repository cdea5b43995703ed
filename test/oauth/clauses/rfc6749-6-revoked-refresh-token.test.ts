import { expect, it } from 'vitest'
import { connectTo, type House, openHouse } from '../support/house.ts'
import { nextAttempt, revokeAt, stepOf } from '../support/revocations.ts'
import { type Reply, startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6749 §5.2: of all answers to a revoked refresh token, only `invalid_grant` says that it is dead. */

const others: [string, Reply][] = [
  ['invalid_client', { status: 401, body: { error: 'invalid_client' } }],
  ['invalid_request', { status: 400, body: { error: 'invalid_request' } }],
  ['a failure', { status: 500, body: {} }],
  ['a page', { status: 403, body: '<html>' }],
]

it.each(others)('%s does not', async (_what, reply) => {
  await using provider = await startScriptedProvider()
  const issues = provider.answers.get('/token')
  provider.answers.set('/token', (request) =>
    request.form.has('refresh_token') ? reply : (issues?.(request) ?? {}),
  )
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(stepOf(receipt, 'try-refresh')).toMatchObject({ outcome: 'failed' })
  expect(receipt.state).toBe('revoked')
})

it('a trial without an answer is said, and is not repeated', async () => {
  await using provider = await startScriptedProvider()
  const issues = provider.answers.get('/token')
  provider.answers.set('/token', (request) =>
    request.form.has('refresh_token') ? { cut: true } : (issues?.(request) ?? {}),
  )
  await using house = await openHouse()
  const receipt = await revokeAt(house, provider)
  expect(receipt).toMatchObject({
    state: 'revoked',
    remains: expect.stringContaining('The trial of the refresh token had no answer'),
  })
})

it('is in the ledger before it is made', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const issues = provider.answers.get('/token')
  let seen: unknown
  provider.answers.set('/token', (request) => {
    if (request.form.has('refresh_token'))
      seen = house.state.prepare("SELECT reason, outcome FROM ledger WHERE reason = 'proof'").all()
    return issues?.(request) ?? {}
  })
  await revokeAt(house, provider)
  expect(seen).toEqual([expect.objectContaining({ reason: 'proof', outcome: null })])
  const [entry] = house.grants.history('notes/default', 5).entries
  expect(entry).toMatchObject({ reason: 'proof', outcome: 'refused', error: 'invalid_grant' })
})

it('that was cut short by the end of Warder is no proof afterwards', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const issues = provider.answers.get('/token')
  let restore = async () => {}
  provider.answers.set('/token', async (request) => {
    if (request.form.has('refresh_token')) restore = await snapshot(house)
    return issues?.(request) ?? {}
  })
  await revokeAt(house, provider)
  // What a kill between the question and the answer leaves behind.
  await restore()
  const receipt = await nextAttempt(house)
  expect(receipt).toMatchObject({
    state: 'revoked',
    remains: expect.stringContaining('had no answer'),
  })
  expect(stepOf(receipt, 'try-refresh')?.detail).toContain('Cut short')
  expect(provider.to('/token').filter(({ form }) => form.has('refresh_token'))).toHaveLength(1)
})

/** What is on disk and in the vault now. @returns how to bring it back */
async function snapshot({ state, vault }: House): Promise<() => Promise<void>> {
  const [receipt] = state.prepare('SELECT * FROM receipts').all()
  const [grant] = state.prepare('SELECT * FROM grants').all()
  const key = `revoke:${receipt?.id}`
  const item = await vault.get(key)
  return async () => {
    for (const [table, row] of Object.entries({ receipts: receipt, grants: grant })) {
      const columns = Object.keys(row ?? {})
      state
        .prepare(`INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`)
        .run(...Object.values(row ?? {}))
    }
    await vault.set(key, item ?? '')
  }
}

it('one that was refused before is not tried again', async () => {
  await using provider = await startScriptedProvider()
  const issues = provider.answers.get('/token')
  provider.answers.set('/token', (request) =>
    request.form.has('refresh_token')
      ? { status: 400, body: { error: 'invalid_grant' } }
      : (issues?.(request) ?? {}),
  )
  await using house = await openHouse()
  const { id } = await connectTo(house, provider.serverUrl)
  await house.restart()
  await expect(house.grants.accessToken('notes')).rejects.toThrow()
  const tried = () => provider.to('/token').filter(({ form }) => form.has('refresh_token')).length
  expect(tried()).toBe(1)
  const receipt = await house.grants.revoke(id, 'by the test')
  expect(stepOf(receipt, 'try-refresh')).toMatchObject({ outcome: 'done', status: null })
  expect(tried()).toBe(1)
})
