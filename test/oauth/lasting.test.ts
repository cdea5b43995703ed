import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../main/oauth/ledger-entry.ts'
import { connectTo, type House, openHouse } from './support/house.ts'
import {
  type Reply,
  type ScriptedProvider,
  startScriptedProvider,
} from './support/scripted-provider.ts'

/** Grants outlive bad days of their provider, of the network, of the machine and of its clock. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const renewals = (provider: ScriptedProvider) =>
  provider.to('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token')
const ledger = (house: House) => house.grants.history('notes/default', 500).entries
const outcomes = (entries: readonly LedgerEntry[]) =>
  entries.map(({ event, outcome }) => outcome ?? event)
const access = (house: House) => house.grants.accessToken('notes').then(({ value }) => value)
/** @returns a function that lets the provider answer again as before */
function breakTokens(provider: ScriptedProvider, reply: Reply): () => void {
  const good = provider.answers.get('/token')
  provider.answers.set('/token', () => reply)
  return () => void (good && provider.answers.set('/token', good))
}

describe('a provider that is down', () => {
  it('is asked less and less often for ten minutes, and then gives the token', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const mend = breakTokens(provider, { status: 503 })
    house.time.now += HOUR
    const start = house.time.now
    const askedAt: number[] = []
    while (house.time.now < start + 10 * MINUTE) {
      const before = renewals(provider).length
      await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
      if (renewals(provider).length > before) askedAt.push((house.time.now - start) / 1000)
      house.time.now += 1000
    }
    expect(askedAt).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511])
    mend()
    house.time.now = start + 1_023_000
    expect(await access(house)).toBe('access-token-3')
    expect(house.grants.list()[0]?.state).toBe('connected')
    expect(house.events).toEqual(['connected notes/default', 'refreshed notes/default'])
    expect(outcomes(ledger(house))).toEqual([
      'renewed',
      ...Array.from({ length: 10 }, () => 'unavailable'),
      'signed-in',
    ])
  })

  it('is never left alone for more than ten minutes unless it asks for that', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    breakTokens(provider, { status: 500 })
    house.time.now += HOUR
    for (let count = 1; count <= 40; count++) {
      await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
      expect(renewals(provider)).toHaveLength(count)
      house.time.now += 10 * MINUTE
    }
  })

  it('fails calls at once meanwhile, and says when it is asked again', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    breakTokens(provider, { status: 503 })
    house.time.now += HOUR
    const first: unknown = await access(house).catch((error: unknown) => error)
    const retryAt = new Date(house.time.now + 1_000).toISOString()
    expect(first).toMatchObject({ code: 'oauth.provider_unavailable', details: { retryAt } })
    const clock = new Date(retryAt).toTimeString().slice(0, 8)
    expect(first).toMatchObject({
      message: `The identity provider answered 503. Warder asks again at ${clock}.`,
    })
    house.time.now += 999
    await expect(access(house)).rejects.toBe(first)
    expect(renewals(provider)).toHaveLength(1)
  })

  it('does not matter while the access token is valid: it is used to its end', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const value = await access(house)
    breakTokens(provider, { cut: true })
    house.time.now += HOUR - 30_000
    expect(await access(house)).toBe(value)
    expect(await access(house)).toBe(value)
    expect(renewals(provider)).toHaveLength(1)
    house.time.now += 29_999
    expect(await access(house)).toBe(value)
    house.time.now += 1
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
  })

  it('cannot keep a token in use that the server refused', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const token = await house.grants.accessToken('notes')
    breakTokens(provider, { status: 503 })
    await expect(house.grants.rejected(token)).rejects.toMatchObject({
      code: 'oauth.provider_unavailable',
    })
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
    expect(ledger(house)[0]).toMatchObject({ reason: 'rejected-by-resource', status: 503 })
  })

  it.each([
    ['in seconds', (_now: number) => '1800', 30 * MINUTE],
    ['as a date', (now: number) => new Date(now + 20 * MINUTE).toUTCString(), 19 * MINUTE],
    ['for a week, which is cut to a day', () => '604800', 24 * HOUR],
  ])('is left alone as long as its Retry-After says: %s', async (_form, retryAfter, pause) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    const headers = { 'retry-after': retryAfter(house.time.now) }
    const mend = breakTokens(provider, { status: 429, headers })
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
    mend()
    house.time.now += pause - 1
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
    expect(renewals(provider)).toHaveLength(1)
    house.time.now += MINUTE
    expect(await access(house)).toBe('access-token-3')
  })

  it.each(['-1', '1e9', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    'is asked as usual after a Retry-After of %s',
    async (value) => {
      await using provider = await startScriptedProvider()
      await using house = await openHouse()
      await connectTo(house, provider.serverUrl)
      const mend = breakTokens(provider, { status: 503, headers: { 'retry-after': value } })
      house.time.now += HOUR
      await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
      mend()
      house.time.now += 1_000
      expect(await access(house)).toBe('access-token-3')
    },
  )

  it('answers 20 callers with one request, and all of them alike', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    breakTokens(provider, { status: 503 })
    house.time.now += HOUR
    const calls = Array.from({ length: 20 }, () => access(house).catch((error: unknown) => error))
    expect(new Set(await Promise.all(calls)).size).toBe(1)
    expect(renewals(provider)).toHaveLength(1)
  })

  it('is asked at once after a new sign-in', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const mend = breakTokens(provider, { status: 503 })
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
    mend()
    await connectTo(house, provider.serverUrl)
    const token = await house.grants.accessToken('notes')
    expect(await house.grants.rejected(token)).not.toMatchObject({ value: token.value })
  })

  it('that refuses outside the protocol is left alone too, without a sign-out', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    breakTokens(provider, { status: 400, body: { error: 'invalid_request' } })
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.token_refused' })
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.token_refused' })
    expect(renewals(provider)).toHaveLength(1)
    expect(ledger(house)[0]).toMatchObject({
      outcome: 'refused',
      error: 'invalid_request',
      status: 400,
    })
    expect(house.grants.list()[0]?.state).toBe('connected')
  })
})

describe('invalid_grant', () => {
  /** What another one who shares the vault would do: put the token of a later renewal there. */
  async function replaceToken(house: House, id: string, changes: object): Promise<void> {
    const key = `grant:${id}`
    const item = JSON.parse((await house.vault.get(key)) ?? '{}') as object
    await house.vault.set(key, JSON.stringify({ ...item, ...changes }))
  }

  it('about a token that was replaced meanwhile is no sign-out: the other one is used', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    const good = provider.answers.get('/token')
    provider.answers.set('/token', async (request) => {
      if (request.form.get('refresh_token') === 'from-elsewhere')
        return (await good?.(request)) ?? { status: 500 }
      await replaceToken(house, id, { refreshToken: 'from-elsewhere' })
      return { status: 400, body: { error: 'invalid_grant' } }
    })
    house.time.now += HOUR
    expect(await access(house)).toBe('access-token-3')
    expect(renewals(provider).map(({ form }) => form.get('refresh_token'))).toEqual([
      'refresh-token-2',
      'from-elsewhere',
    ])
    expect(outcomes(ledger(house))).toEqual(['renewed', 'refused', 'signed-in'])
    expect(house.events).toEqual(['connected notes/default', 'refreshed notes/default'])
  })

  it('is believed the second time', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    let replaced = 0
    provider.answers.set('/token', async () => {
      await replaceToken(house, id, { refreshToken: `from-elsewhere-${++replaced}` })
      return { status: 400, body: { error: 'invalid_grant' } }
    })
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
    expect(renewals(provider)).toHaveLength(2)
    expect(outcomes(ledger(house))).toEqual(['signed-out', 'refused', 'refused', 'signed-in'])
  })

  it('sends no token that is bound to another place', async () => {
    await using evil = await startScriptedProvider()
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    provider.answers.set('/token', async () => {
      await replaceToken(house, id, {
        refreshToken: 'from-elsewhere',
        issuer: evil.origin,
        tokenEndpoint: `${evil.origin}/token`,
      })
      return { status: 400, body: { error: 'invalid_grant' } }
    })
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
    expect(renewals(provider)).toHaveLength(1)
    expect(evil.received).toEqual([])
  })

  it.each(['invalid_client', 'unauthorized_client'])('%s is final without that', async (error) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    breakTokens(provider, { status: 400, body: { error } })
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
    expect(renewals(provider)).toHaveLength(1)
    expect(ledger(house)[1]).toMatchObject({ outcome: 'refused', error, status: 400 })
  })
})

describe('sleep, and a clock that is moved', () => {
  it('renews after a sleep that outlasted the token, and notes how long that was', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += 10 * MINUTE
    house.sleep(9 * HOUR)
    expect(await access(house)).toBe('access-token-3')
    expect(ledger(house)[0]).toMatchObject({
      reason: 'ahead-of-expiry',
      sleptMs: 9 * HOUR,
      tokenAgeMs: 9 * HOUR + 10 * MINUTE,
    })
  })

  it('does not use a token beyond its life because the clock was set back', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.sleep(-5 * HOUR)
    const value = await access(house)
    expect(renewals(provider)).toHaveLength(0)
    house.time.now += HOUR - MINUTE
    expect(await access(house)).not.toBe(value)
    expect(ledger(house)[0]).toMatchObject({ sleptMs: -5 * HOUR, tokenAgeMs: 0 })
  })

  it('is not signed out by a clock that was set ahead by years, and back again', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const years = 20 * 365 * 24 * HOUR
    house.sleep(years)
    await access(house)
    house.sleep(-years)
    const value = await access(house)
    expect(renewals(provider)).toHaveLength(1)
    house.time.now += HOUR
    expect(await access(house)).not.toBe(value)
    expect(house.grants.list()[0]?.state).toBe('connected')
  })

  it.each([
    ['slept through it', 10 * MINUTE],
    ['set its clock back', -10 * HOUR],
  ])('a pause ends in time where the machine %s', async (_what, jump) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const mend = breakTokens(provider, { status: 503 })
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
    mend()
    house.sleep(jump)
    if (jump < 0) {
      await expect(access(house)).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
      house.time.now += 1_000
    }
    expect(await access(house)).toBe('access-token-3')
  })

  it('a server that refuses a token an hour after the last time is no sign-out, whatever the clock says', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const renewed = await house.grants.rejected(await house.grants.accessToken('notes'))
    house.time.now += 30 * MINUTE
    house.sleep(-30 * MINUTE)
    expect((await house.grants.rejected(renewed)).value).toBe('access-token-4')
  })
})
