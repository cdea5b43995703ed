import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { WarderError } from '../../../main/errors.ts'
import {
  deleteClient,
  managementOf,
  readClient,
  updateClient,
} from '../../../main/oauth/registration-management.ts'
import { createRegistrationUpkeep } from '../../../main/oauth/registration-upkeep.ts'
import { readStoredClient } from '../../../main/oauth/stored-client.ts'
import { createKnownSecrets } from '../../../main/vault/known-secrets.ts'
import { createMemoryStore } from '../../../main/vault/memory.ts'
import { glewlwydMissing, startGlewlwyd } from '../../harness/glewlwyd/index.ts'
import { startOidcProvider } from '../../harness/oidc-provider/index.ts'
import { connectTo, type House, openHouse } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const MANAGED = '/register/client-1'
const TOKEN = 'the-registration-access-token'

/** A provider that gives a client out with its management. */
async function managing(changes: Record<string, unknown> = {}): Promise<ScriptedProvider> {
  const provider = await startScriptedProvider()
  provider.answers.set('/register', ({ json }) => ({
    status: 201,
    body: {
      ...(json as object),
      client_id: 'client-1',
      registration_client_uri: `${provider.origin}${MANAGED}`,
      registration_access_token: TOKEN,
      ...changes,
    },
  }))
  return provider
}

const URI = 'https://idp.example/register/1'

const endingRegistration = {
  id: 'one',
  issuer: 'https://idp.example',
  method: 'dynamic',
  clientId: 'client-1',
  redirectUri: 'http://127.0.0.1/cb',
  authMethod: 'client_secret_post',
  registeredAt: 0,
  expiresAt: HOUR,
} as const

const managedAt = (uri: string) => ({
  uri,
  token: TOKEN,
  serverUrl: 'https://mcp.example/mcp',
  allowPrivateNetwork: false,
})

const bearers = (provider: ScriptedProvider) =>
  provider.to(MANAGED).map(({ method, headers }) => `${method} ${headers.authorization}`)

async function revokeAll(house: House) {
  const [grant] = house.grants.list()
  return house.grants.revoke(grant?.id ?? '', 'by the test')
}

const deletionOf = (receipt: { steps: readonly { step: string; outcome: string }[] }) =>
  receipt.steps.find(({ step }) => step === 'delete-registration')

describe('a registration that nobody uses any more (RFC 7592 §2.3)', () => {
  it.each([204, 200, 401, 404])('is deleted once: %d', async (status) => {
    await using provider = await managing()
    provider.answers.set(MANAGED, () => ({ status }))
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const receipt = await revokeAll(house)
    expect(deletionOf(receipt)).toMatchObject({ outcome: 'done', status })
    await house.restart()
    house.time.now += HOUR
    house.grants.start()
    await house.grants.close()
    expect(bearers(provider)).toEqual([`DELETE Bearer ${TOKEN}`])
  })

  it.each([{ status: 503 }, { status: 429 }, { cut: true }])(
    'is tried again after a restart, until it is done: %j',
    async (reply) => {
      await using provider = await managing()
      provider.answers.set(MANAGED, () => reply)
      await using house = await openHouse()
      await connectTo(house, provider.serverUrl)
      expect(deletionOf(await revokeAll(house))).toMatchObject({ outcome: 'pending' })
      provider.answers.set(MANAGED, () => ({ status: 204 }))
      await house.restart()
      house.time.now += MINUTE
      house.grants.start()
      await house.grants.close()
      expect(bearers(provider)).toHaveLength(2)
      // The receipt, which was settled long before, is told of it.
      const [receipt] = house.grants.receipts()
      expect(deletionOf(receipt ?? { steps: [] })).toMatchObject({ outcome: 'done', status: 204 })
      await house.restart()
      house.time.now += HOUR
      house.grants.start()
      await house.grants.close()
      expect(bearers(provider)).toHaveLength(2)
    },
  )

  it.each([
    'net.proxy_unreachable',
    'net.proxy_auth',
    'net.proxy_refused',
    'net.tls_untrusted',
    'net.tls_expired',
  ] as const)('is tried again where the network stood in between: %s', async (code) => {
    const failing = () => Promise.reject(new WarderError(code, 'Between us and the provider.'))
    expect(await deleteClient(failing, managedAt(URI))).toMatchObject({
      outcome: 'pending',
    })
  })

  it('is given up where its address may not be dialled', async () => {
    const failing = () => Promise.reject(new WarderError('net.address_refused', 'It is private.'))
    expect(await deleteClient(failing, managedAt(URI))).toMatchObject({
      outcome: 'failed',
    })
  })

  it('is left alone where its address is at another origin', async () => {
    await using other = await startScriptedProvider()
    await using provider = await managing({ registration_client_uri: `${other.origin}${MANAGED}` })
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    expect(deletionOf(await revokeAll(house))).toBeUndefined()
    expect(other.received).toEqual([])
  })

  it('never takes its token along to where a redirect leads', async () => {
    await using other = await startScriptedProvider()
    await using provider = await managing()
    const location = `${other.origin}${MANAGED}`
    provider.answers.set(MANAGED, () => ({ status: 307, headers: { location } }))
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    expect(deletionOf(await revokeAll(house))).toMatchObject({ outcome: 'failed', status: 307 })
    expect(other.received).toEqual([])
  })

  it('leaves its token in the vault alone', async () => {
    await using provider = await managing()
    provider.answers.set(MANAGED, () => ({ status: 503 }))
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const receipt = await revokeAll(house)
    expect([...house.knownSecrets.entries()].map(({ value }) => value)).toContain(TOKEN)
    expect(JSON.stringify(receipt)).not.toContain(TOKEN)
    for (const file of ['state.db', 'state.db-wal'])
      expect(readFileSync(path.join(house.home, file)).includes(TOKEN)).toBe(false)
  })
})

describe('a client secret that ends (RFC 7592 §2.1, §2.2)', () => {
  const secretUntil = (at: number, more: object = {}) => ({
    client_secret: 'the-first-secret',
    client_secret_expires_at: Math.floor(at / 1000),
    token_endpoint_auth_method: 'client_secret_post',
    ...more,
  })
  const secrets = (provider: ScriptedProvider) =>
    provider.to('/token').map(({ form }) => form.get('client_secret'))

  it('is read anew before it is used, with the token that the provider gave last', async () => {
    await using provider = await managing(secretUntil(Date.now() + 2 * HOUR))
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    provider.answers.set(MANAGED, () => ({
      body: {
        client_id: 'client-1',
        registration_access_token: 'another-token',
        ...secretUntil(house.time.now + 90 * 24 * HOUR, { client_secret: 'the-second-secret' }),
      },
    }))
    house.time.now += 2 * HOUR
    await house.grants.accessToken('notes')
    expect(secrets(provider)).toEqual(['the-first-secret', 'the-second-secret'])
    provider.answers.set(MANAGED, () => ({ status: 204 }))
    await revokeAll(house)
    expect(bearers(provider)).toEqual([`GET Bearer ${TOKEN}`, 'DELETE Bearer another-token'])
  })

  it('is asked for with an update, where reading shows the old one', async () => {
    await using provider = await managing(secretUntil(Date.now() + 2 * HOUR))
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const shown = { client_id: 'client-1', redirect_uris: ['http://127.0.0.1/cb'] }
    provider.answers.set(MANAGED, ({ method }) => ({
      body:
        method === 'PUT'
          ? { ...shown, ...secretUntil(house.time.now + 90 * 24 * HOUR, { client_secret: 'new' }) }
          : {
              ...shown,
              ...secretUntil(house.time.now),
              registration_client_uri: 'https://x.example',
            },
    }))
    house.time.now += 2 * HOUR
    await house.grants.accessToken('notes')
    expect(secrets(provider)).toEqual(['the-first-secret', 'new'])
    expect(provider.to(MANAGED)[1]?.json).toEqual({
      ...shown,
      client_secret: 'the-first-secret',
      token_endpoint_auth_method: 'client_secret_post',
    })
  })

  it.each([
    ['another client', { body: { client_id: 'client-2', client_secret: 'stolen' } }],
    ['an error', { status: 500 }],
    ['a page', { body: '<h1>Hello</h1>' }],
  ])('stays what it was where the provider shows %s', async (_what, reply) => {
    await using provider = await managing(secretUntil(Date.now() + 2 * HOUR))
    provider.answers.set(MANAGED, () => reply)
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += 2 * HOUR
    await house.grants.accessToken('notes')
    expect(secrets(provider)).toEqual(['the-first-secret', 'the-first-secret'])
  })

  it('is read once where two need it at the same time: a read may change the token (§3)', async () => {
    const stored = { issuer: 'https://idp.example', secret: 'old', management: managedAt(URI) }
    const vault = createMemoryStore()
    await vault.set('registration:one', JSON.stringify(stored))
    const asked: string[] = []
    const answer = {
      client_id: 'client-1',
      registration_access_token: 'another',
      ...secretUntil(9e12),
    }
    const upkeep = createRegistrationUpkeep({
      repository: { registration: () => endingRegistration, saveRegistration: () => {} },
      vault: () => vault,
      knownSecrets: createKnownSecrets(),
      fetch: () => async (_url, init) => {
        asked.push(new Headers(init?.headers).get('authorization') ?? '')
        return Response.json(answer)
      },
      clock: () => HOUR,
    })
    const current = () => upkeep.current('one', 'https://idp.example')
    const [one, other] = await Promise.all([current(), current()])
    expect(asked).toEqual([`Bearer ${TOKEN}`])
    expect(other).toEqual(one)
    expect(one?.management?.token).toBe('another')
  })

  it('is not there where the vault item is damaged, and nothing else comes of that', async () => {
    const vault = createMemoryStore()
    await vault.set('registration:one', '{"issuer":"https://idp.exa')
    const known = createKnownSecrets()
    expect(await readStoredClient(vault, 'one', 'https://idp.example', known)).toBeNull()
  })

  it('is not asked for while it is good', async () => {
    await using provider = await managing(secretUntil(Date.now() + 90 * 24 * HOUR))
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.time.now += HOUR
    await house.grants.accessToken('notes')
    expect(provider.to(MANAGED)).toEqual([])
  })
})

/** glewlwyd lists a client's one authentication method, and does not take its own list back. */
describe.each([
  ['oidc-provider', () => startOidcProvider(), '/reg', { updates: true }, undefined],
  ['glewlwyd', () => startGlewlwyd(), '/register', { updates: false }, glewlwydMissing],
] as const)('%s', (_name, startProvider, endpoint, offers, missing) => {
  it('shows, updates and deletes a client', async ({ skip }) => {
    skip(missing !== undefined, missing)
    await using provider = await startProvider()
    const about = { issuer: provider.issuer, registration_endpoint: provider.issuer + endpoint }
    const policy = { serverUrl: 'http://127.0.0.1:1/mcp' }
    const response = await fetch(about.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: `Warder ${randomUUID()}`,
        redirect_uris: ['http://127.0.0.1:4444/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
        token_endpoint_auth_method: 'client_secret_basic',
      }),
    })
    const body = (await response.json()) as { client_id: string; client_secret: string }
    const managed = managementOf(body, about, policy)
    if (managed === null) throw new Error('no management')
    const read = await readClient(fetch, managed, body.client_id)
    expect(read?.secret).toBe(body.client_secret)
    if (read === null) return
    const updated = await updateClient(fetch, read, body.client_id)
    expect(updated !== null).toBe(offers.updates)
    const last = updated?.management ?? read.management
    expect(last.token !== managed.token).toBe(offers.updates)
    expect(await deleteClient(fetch, last)).toMatchObject({ outcome: 'done' })
    expect(await readClient(fetch, last, body.client_id)).toBeNull()
  })
})
