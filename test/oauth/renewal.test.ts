import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import type { SecretStore } from '../../main/vault/store.ts'
import { connectTo, openHouse, serverAt } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

const HOUR = 3_600_000
const FIRST_PAUSE = 1_000
const renewals = (provider: ScriptedProvider) =>
  provider.to('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token')

describe('renewing a grant', () => {
  it('keeps a fifth of a short lifetime in reserve, not a minute', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/token', () => ({
      body: { access_token: 'short', token_type: 'bearer', expires_in: 50, refresh_token: 'r' },
    }))
    await connectTo(house, provider.serverUrl)
    house.time.now += 39_999
    await house.grants.accessToken('notes')
    expect(renewals(provider)).toHaveLength(0)
    house.time.now += 1
    await house.grants.accessToken('notes')
    expect(renewals(provider)).toHaveLength(1)
  })

  it('asks for a sign-in when even a renewed token is rejected', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const renewed = await house.grants.rejected(await house.grants.accessToken('notes'))
    await expect(house.grants.rejected(renewed)).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
    expect(renewals(provider)).toHaveLength(1)
  })

  it('renews across a restart with what the vault holds', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    await house.restart()
    const token = await house.grants.accessToken('notes')
    expect(token.value).toBe('access-token-3')
    expect(token.serverUrl).toBe(provider.serverUrl)
  })

  it('uses an access token to its end where there is no refresh token, then asks for a sign-in', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/token', () => ({
      body: { access_token: 'the-only-one', token_type: 'bearer', expires_in: 3600 },
    }))
    expect((await connectTo(house, provider.serverUrl)).renewable).toBe(false)
    await house.restart()
    house.time.now += HOUR - 1
    expect((await house.grants.accessToken('notes')).value).toBe('the-only-one')
    house.time.now += 1
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
    expect(house.events.at(-1)).toBe('signInNeeded notes/default')
  })
})

describe('a renewal that fails', () => {
  it.each([400, 401])('takes a bare %d for a refusal for good', async (status) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    provider.answers.set('/token', () => ({ status }))
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
  })

  it.each([
    { status: 403 },
    { status: 400, body: '<h1>Blocked</h1>' },
    { status: 400, body: { message: 'no' } },
  ])('goes on after an answer that says nothing of the grant: %j', async (reply) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    const good = provider.answers.get('/token')
    provider.answers.set('/token', () => reply)
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'oauth.token_refused',
    })
    if (good) provider.answers.set('/token', good)
    house.time.now += FIRST_PAUSE
    await house.grants.accessToken('notes')
  })

  it('says sign-in needed on invalid_grant, and opens no browser', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
    house.time.now += HOUR
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
      message:
        'notes/default needs a new sign-in: run `warder connect notes`. The identity provider refused the renewal (invalid_grant).',
    })
    expect(house.opened).toEqual([])
    expect(house.grants.list()[0]?.state).toBe('sign-in-needed')
    expect(house.events.at(-1)).toBe('signInNeeded notes/default')
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
    expect(renewals(provider)).toHaveLength(1)
  })

  it.each([
    ['answers 503', '/token', { status: 503 }],
    ['is asked too often', '/token', { status: 429 }],
    ['cuts the line', '/token', { cut: true }],
    ['has no metadata just now', '/.well-known/oauth-authorization-server', { status: 502 }],
  ])('loses nothing when the provider %s', async (_what, path, reply) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const good = provider.answers.get(path)
    provider.answers.set(path, () => reply)
    house.time.now += HOUR
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'oauth.provider_unavailable',
    })
    expect(house.grants.list()[0]?.state).toBe('connected')
    if (good) provider.answers.set(path, good)
    house.time.now += FIRST_PAUSE
    expect((await house.grants.accessToken('notes')).value).toBe('access-token-3')
  })

  it('keeps tokens out of its errors, causes included', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/token', () => ({
      body: {
        access_token: 'leaky-token-value',
        token_type: 'mac',
        refresh_token: 'leaky-refresh',
      },
    }))
    const refused = await connectTo(house, provider.serverUrl).catch((error: unknown) => error)
    const { inspect } = await import('node:util')
    expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain('leaky')
  })
})

it('does not begin a sign-in where nothing could be stored', async () => {
  await using provider = await startScriptedProvider()
  const vault: SecretStore = {
    ...createMemoryStore(),
    // A locked keychain answers reads of what is not there as an open one does; only the write tells.
    set: () => Promise.reject(new WarderError('vault.locked', 'The keychain is locked.')),
  }
  await using house = await openHouse({ vault })
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'vault.locked' })
  expect(provider.received).toEqual([])
})
