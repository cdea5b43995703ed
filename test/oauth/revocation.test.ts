import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import { connectTo, openHouse } from './support/house.ts'
import { announce } from './support/revocations.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

/** The MCP server takes tokens as long as the provider did not revoke them, as one that introspects does. */
function introspecting(provider: ScriptedProvider): void {
  const challenge = provider.answers.get('/mcp')
  provider.answers.set('/mcp', (request) => {
    const token = request.headers.authorization?.replace('Bearer ', '')
    const revoked = provider.to('/revoke').some(({ form }) => form.get('token') === token)
    if (token !== undefined && !revoked)
      return { body: { jsonrpc: '2.0', id: 'warder', result: {} } }
    return challenge?.(request) ?? { status: 401 }
  })
}

describe('revoking a grant', () => {
  it('asks for the refresh token first, then the access token, then has the server refuse it', async () => {
    await using provider = await startScriptedProvider()
    introspecting(provider)
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt).toMatchObject({ state: 'proven', remains: null, reason: 'by the test' })
    expect(receipt.steps.map(({ step, outcome, status }) => [step, outcome, status])).toEqual([
      ['local', 'done', null],
      ['revoke-refresh-token', 'done', 200],
      ['revoke-access-token', 'done', 200],
      ['probe', 'done', 401],
      ['try-refresh', 'done', 400],
    ])
    expect(provider.to('/revoke').map(({ form }) => Object.fromEntries(form))).toEqual([
      { token: 'refresh-token-2', token_type_hint: 'refresh_token', client_id: 'client-1' },
      { token: 'access-token-2', token_type_hint: 'access_token', client_id: 'client-1' },
    ])
    expect(house.grants.list()).toEqual([])
    expect(await house.vault.get(`grant:${grant.id}`)).toBeNull()
    expect(await house.vault.get(`revoke:${receipt.id}`)).toBeNull()
    expect(house.state.prepare('SELECT * FROM registrations').all()).toEqual([])
  })

  it('tells what was asked at once in the order of asking, whichever answer comes first', async () => {
    await using provider = await startScriptedProvider()
    introspecting(provider)
    announce(provider, { introspection_endpoint: `${provider.origin}/introspect` })
    const { promise: second, resolve: answered } = Promise.withResolvers<void>()
    provider.answers.set('/introspect', async ({ form }) => {
      if (form.get('token_type_hint') === 'refresh_token') await second
      else answered()
      return { body: { active: false } }
    })
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    const { steps } = await house.grants.revoke(grant.id, 'by the test')
    expect(steps.map(({ step }) => step).filter((step) => step.startsWith('introspect'))).toEqual([
      'introspect-refresh-token',
      'introspect-access-token',
    ])
  })

  it('has the last word over a renewal that is under way, and revokes what that brought', async () => {
    await using provider = await startScriptedProvider()
    introspecting(provider)
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    const { promise: asked, resolve: arrived } = Promise.withResolvers<void>()
    const { promise: goOn, resolve: release } = Promise.withResolvers<void>()
    provider.answers.set('/token', async () => {
      arrived()
      await goOn
      return {
        body: { access_token: 'late-access', token_type: 'bearer', refresh_token: 'late-refresh' },
      }
    })
    house.time.now += 3_600_000
    const renewal = house.grants.accessToken('notes').catch((error: unknown) => error)
    await asked
    const revoking = house.grants.revoke(grant.id, 'by the test')
    release()
    expect(await renewal).toMatchObject({ code: 'grant.sign_in_needed' })
    await revoking
    expect(provider.to('/revoke')[0]?.form.get('token')).toBe('late-refresh')
  })

  it.each([
    ['answers 503', { status: 503 }],
    ['cuts the line', { cut: true }],
  ])(
    'stays pending while the provider %s, across a restart, until it is done',
    async (_what, reply) => {
      await using provider = await startScriptedProvider()
      introspecting(provider)
      await using house = await openHouse()
      const grant = await connectTo(house, provider.serverUrl)
      const good = provider.answers.get('/revoke')
      provider.answers.set('/revoke', () => reply)
      const receipt = await house.grants.revoke(grant.id, 'by the test')
      expect(receipt).toMatchObject({ state: 'pending', remains: expect.stringContaining('valid') })
      expect(receipt.steps.some(({ step }) => step === 'probe')).toBe(false)
      expect(await house.vault.get(`grant:${grant.id}`)).toBeNull()
      expect(await house.vault.get(`revoke:${receipt.id}`)).not.toBeNull()

      await house.restart()
      if (good) provider.answers.set('/revoke', good)
      const before = provider.to('/revoke').length
      house.grants.start()
      expect(provider.to('/revoke')).toHaveLength(before)
      await house.restart()
      house.time.now += 3_600_000
      const settled = house.receipt()
      house.grants.start()
      expect(await settled).toMatchObject({ id: receipt.id, state: 'proven', remains: null })
      expect(await house.vault.get(`revoke:${receipt.id}`)).toBeNull()
      expect(house.grants.list()).toEqual([])
    },
  )

  it('waits as long as the provider says (Retry-After)', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    provider.answers.set('/revoke', () => ({ status: 503, headers: { 'retry-after': '7200' } }))
    await house.grants.revoke(grant.id, 'by the test')
    const [row] = house.state.prepare('SELECT next_attempt_at FROM receipts').all()
    expect(row?.next_attempt_at).toBe(house.time.now + 7_200_000)
  })

  it('says until when a self-contained access token may live', async () => {
    await using provider = await startScriptedProvider()
    provider.answers.set('/mcp', ({ headers }) =>
      headers.authorization === undefined ? { status: 401 } : { status: 200, body: {} },
    )
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt.state).toBe('revoked')
    expect(receipt.remains).toContain('answered 200')
    expect(receipt.remains).toContain(new Date(grant.expiresAt ?? 0).toISOString())
  })

  it('does not take a refusal for a revocation', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    provider.answers.set('/revoke', () => ({ status: 401, body: { error: 'invalid_client' } }))
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt).toMatchObject({
      state: 'local-only',
      remains: expect.stringContaining('did not accept the revocation (401)'),
    })
  })

  it('stops using the account even while the vault is locked, and goes on when it is not', async () => {
    await using provider = await startScriptedProvider()
    introspecting(provider)
    const inner = createMemoryStore()
    let locked = false
    const get = (key: string) =>
      locked ? Promise.reject(new WarderError('vault.locked', 'Locked.')) : inner.get(key)
    await using house = await openHouse({ vault: { ...inner, get } })
    const grant = await connectTo(house, provider.serverUrl)
    locked = true
    await expect(house.grants.revoke(grant.id, 'by the test')).rejects.toMatchObject({
      code: 'vault.locked',
    })
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
    locked = false
    // What was in memory when it began was kept for this.
    expect(await house.grants.revoke(grant.id, 'again')).toMatchObject({ state: 'proven' })
  })

  it('is as gentle with a vault that stays locked as at the first time: nobody was asked', async () => {
    await using provider = await startScriptedProvider()
    const inner = createMemoryStore()
    let locked = false
    const get = (key: string) =>
      locked ? Promise.reject(new WarderError('vault.locked', 'Locked.')) : inner.get(key)
    await using house = await openHouse({ vault: { ...inner, get } })
    const grant = await connectTo(house, provider.serverUrl)
    locked = true
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(house.grants.revoke(grant.id, 'by the test')).rejects.toMatchObject({
        code: 'vault.locked',
      })
      const [row] = house.state.prepare('SELECT next_attempt_at FROM receipts').all()
      expect(row?.next_attempt_at).toBe(house.time.now + 60_000)
      house.time.now += 60_000
    }
    expect(house.grants.receipts()).toMatchObject([
      { state: 'pending', remains: expect.stringContaining('vault could not be opened') },
    ])
  })

  it('has the last word over a sign-in that is being stored, and revokes what that brought', async () => {
    await using provider = await startScriptedProvider()
    const inner = createMemoryStore()
    const { promise: goOn, resolve: release } = Promise.withResolvers<void>()
    const { promise: stores, resolve: storing } = Promise.withResolvers<void>()
    let writes = 0
    const set = async (key: string, value: string) => {
      if (key.startsWith('grant:') && ++writes === 2) {
        storing()
        await goOn
      }
      await inner.set(key, value)
    }
    await using house = await openHouse({ vault: { ...inner, set } })
    const byHand = { clientId: 'by-hand', redirectUri: 'http://127.0.0.1/cb' }
    const grant = await connectTo(house, provider.serverUrl, byHand)
    const again = connectTo(house, provider.serverUrl, byHand).catch((error: unknown) => error)
    await stores
    const revoking = house.grants.revoke(grant.id, 'by the test')
    release()
    expect(await again).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    await revoking
    expect(provider.to('/revoke')[0]?.form.get('token')).toBe('refresh-token-2')
    expect(house.grants.list()).toEqual([])
  })

  it('does not stand in the way of a new sign-in of the same account', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    const good = provider.answers.get('/revoke')
    provider.answers.set('/revoke', () => ({ status: 503 }))
    await house.grants.revoke(grant.id, 'by the test')
    const next = await connectTo(house, provider.serverUrl)
    expect(next.clientId).not.toBe(grant.clientId)
    expect(house.grants.find('notes/default').id).toBe(next.id)
    if (good) provider.answers.set('/revoke', good)
    await house.grants.accessToken('notes')
  })
})

describe('finding a grant', () => {
  it('by full name, account, label or id; says when there are several', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const work = await connectTo(house, provider.serverUrl, undefined, 'work')
    const home = await connectTo(house, provider.serverUrl, undefined, 'home')
    expect(house.grants.find('notes/work').id).toBe(work.id)
    expect(house.grants.find('home').id).toBe(home.id)
    expect(house.grants.find(home.id).account).toBe('home')
    expect(() => house.grants.find('nobody')).toThrowError(
      expect.objectContaining({ code: 'grant.unknown' }),
    )
    await house.grants.revoke(work.id, 'by the test')
    expect(() => house.grants.find('notes/work')).toThrowError(
      expect.objectContaining({ code: 'grant.unknown' }),
    )
  })
})
