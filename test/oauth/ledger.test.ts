import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import type { SecretStore } from '../../main/vault/store.ts'
import { connectTo, type House, openHouse } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ledger = (house: House) => house.grants.history('notes/default', 500).entries
const access = (house: House) => house.grants.accessToken('notes')

/** Lets the provider answer without a new refresh token. */
function stopRotating(provider: ScriptedProvider): void {
  let issued = 0
  provider.answers.set('/token', () => ({
    body: { access_token: `plain-token-${++issued}`, token_type: 'Bearer', expires_in: 3600 },
  }))
}

describe('the ledger', () => {
  it('has every renewal with its reason, its outcome and the age of the refresh token', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    house.time.now += 2 * HOUR
    await house.grants.rejected(await access(house))
    await house.restart()
    house.time.now += DAY
    stopRotating(provider)
    await access(house)
    house.time.now += DAY
    await access(house)
    const common = { grant: id, server: 'notes', account: 'default', issuer: provider.origin }
    const renewed = { ...common, event: 'renewal', outcome: 'renewed', status: 200, error: null }
    expect(ledger(house)).toMatchObject([
      { ...renewed, reason: 'ahead-of-expiry', rotated: false, tokenAgeMs: 2 * DAY },
      { ...renewed, reason: 'start', rotated: false, tokenAgeMs: DAY },
      { ...renewed, reason: 'rejected-by-resource', rotated: true, tokenAgeMs: 0 },
      { ...renewed, reason: 'ahead-of-expiry', rotated: true, tokenAgeMs: 2 * HOUR },
      { ...common, event: 'signed-in', outcome: null },
    ])
  })

  it('has a renewal on disk before the provider is asked', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const good = provider.answers.get('/token')
    const seen: unknown[] = []
    provider.answers.set('/token', async (request) => {
      seen.push(...house.state.prepare('SELECT event, outcome FROM ledger WHERE seq = 2').all())
      expect(ledger(house)[0]).toMatchObject({ outcome: null, cutShort: false })
      return (await good?.(request)) ?? { status: 500 }
    })
    house.time.now += HOUR
    await access(house)
    expect(seen).toEqual([{ event: 'renewal', outcome: null }])
  })

  it('shows a renewal without outcome as cut short once Warder has started again', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    await access(house)
    house.state.prepare('UPDATE ledger SET outcome = NULL, ended_at = NULL WHERE seq = 2').run()
    await house.restart()
    expect(ledger(house).map(({ cutShort }) => cutShort)).toEqual([true, false])
  })

  it('has what the vault did not store, and that it did in the end', async () => {
    await using provider = await startScriptedProvider()
    const inner = createMemoryStore()
    let broken = false
    const vault: SecretStore = {
      ...inner,
      set: (key, value) =>
        broken
          ? Promise.reject(new WarderError('vault.write_failed', 'The vault refuses.'))
          : inner.set(key, value),
    }
    await using house = await openHouse({ vault })
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    broken = true
    await expect(access(house)).rejects.toMatchObject({ code: 'vault.write_failed' })
    expect(ledger(house)[0]).toMatchObject({ outcome: 'not-stored', rotated: true })
    broken = false
    await access(house)
    expect(ledger(house)).toMatchObject([{ outcome: 'renewed', rotated: true }, {}])
  })

  it('has freezes, sign-outs and revocations', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({
      body: provider.metadata({ token_endpoint: `${provider.origin}/elsewhere` }),
    }))
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'grant.frozen' })
    await house.grants.revoke(id, 'by the test')
    expect(house.grants.list()).toEqual([])
    expect(ledger(house).map(({ event, outcome }) => [event, outcome])).toEqual([
      ['renewal', 'refused'],
      ['revoked', null],
      ['frozen', null],
      ['renewal', 'held'],
      ['signed-in', null],
    ])
  })

  it('says why there is nothing left to renew with', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    await house.vault.delete(`grant:${id}`)
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
    expect(ledger(house)[0]).toMatchObject({ event: 'signed-out', reason: 'vault' })
  })

  it('keeps the last 500 entries of a grant, and what tells the age of its refresh token', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id, connectedAt } = await connectTo(house, provider.serverUrl)
    const add = house.state.prepare(
      `INSERT INTO ledger (grant_id, server, account, issuer, at, event, outcome, rotated)
       VALUES (?, 'notes', 'default', 'i', ?, 'renewal', 'renewed', 0)`,
    )
    for (let count = 0; count < 510; count++) add.run(id, connectedAt + count)
    house.time.now += DAY
    await access(house)
    expect(house.state.prepare('SELECT count(*) AS n FROM ledger').get()).toEqual({ n: 501 })
    const [last] = ledger(house)
    expect(last?.tokenAgeMs).toBe(house.time.now - connectedAt)
  })

  it('forgets accounts that are gone once a hundred others went after them', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    const add = house.state.prepare(
      `INSERT INTO ledger (grant_id, server, account, issuer, at, event) VALUES (?, 'notes', ?, 'i', 1, 'revoked')`,
    )
    for (let count = 0; count < 105; count++) add.run(`gone-${count}`, `gone-${count}`)
    await house.restart()
    const left = house.state
      .prepare('SELECT DISTINCT grant_id AS id FROM ledger ORDER BY seq')
      .all()
    expect(left.map((row) => row.id)).toEqual([
      id,
      ...Array.from({ length: 100 }, (_, count) => `gone-${count + 5}`),
    ])
  })
})

describe('what a provider says about an error', () => {
  it.each([
    ['free text', 'Your token abc.def is bad'],
    ['a token', 'eyJhbGciOiJIUzI1NiJ9'],
    ['something long', 'a'.repeat(41)],
    ['the refresh token itself', 'lettersonly'],
    ['something with the refresh token in it', 'bad_lettersonly_bad'],
  ])('is not kept where it is %s', async (_what, error) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const good = provider.answers.get('/token')
    provider.answers.set('/token', async (request) => {
      const reply = (await good?.(request)) ?? {}
      return { ...reply, body: { ...(reply.body as object), refresh_token: 'lettersonly' } }
    })
    await connectTo(house, provider.serverUrl)
    provider.answers.set('/token', () => ({ status: 400, body: { error } }))
    house.time.now += HOUR
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.token_refused' })
    expect(ledger(house)[0]).toMatchObject({ outcome: 'refused', error: null, status: 400 })
  })

  it('leaves no token in the state database', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    const { value } = await access(house)
    house.time.now += HOUR
    provider.answers.set('/token', ({ form }) => ({
      status: 400,
      body: { error: form.get('refresh_token'), error_description: form.get('refresh_token') },
    }))
    await expect(access(house)).rejects.toMatchObject({ code: 'oauth.token_refused' })
    const files = ['state.db', 'state.db-wal'].map((name) =>
      readFile(path.join(house.home, name), 'latin1'),
    )
    const bytes = (await Promise.all(files)).join('')
    expect(bytes).toContain('ahead-of-expiry')
    expect(bytes).not.toContain('refresh-token-')
    expect(bytes).not.toContain(value)
  })
})

describe('the history of an account', () => {
  it('is found by its full name, its own name, its label and its id, gone or not', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl, undefined, 'work')
    const names = ['notes/work', 'work', id]
    for (const name of names) expect(house.grants.history(name, 9).grant?.id).toBe(id)
    await house.grants.revoke(id, 'by the test')
    for (const name of names)
      expect(house.grants.history(name, 9)).toMatchObject({
        server: 'notes',
        account: 'work',
        grant: null,
        receipt: { grant: id },
        entries: [{ reason: 'proof' }, { event: 'revoked' }, { event: 'signed-in' }],
      })
    expect(() => house.grants.history('nobody', 9)).toThrow(
      expect.objectContaining({ code: 'grant.unknown' }),
    )
  })

  it('is ambiguous where two accounts that are gone had the name', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl, undefined, 'work')
    await house.grants.revoke(id, 'by the test')
    house.state
      .prepare(
        `INSERT INTO ledger (grant_id, server, account, issuer, at, event) VALUES ('x', 'files', 'work', 'i', 1, 'revoked')`,
      )
      .run()
    expect(() => house.grants.history('work', 9)).toThrow(
      expect.objectContaining({
        code: 'grant.ambiguous',
        details: { accounts: expect.arrayContaining(['notes/work', 'files/work']) },
      }),
    )
    expect(house.grants.history('files/work', 9).entries).toHaveLength(1)
  })

  it('goes on over a new sign-in', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { id } = await connectTo(house, provider.serverUrl)
    await house.grants.revoke(id, 'by the test')
    await connectTo(house, provider.serverUrl)
    expect(ledger(house).map(({ event }) => event)).toEqual([
      'signed-in',
      'renewal',
      'revoked',
      'signed-in',
    ])
  })
})
