import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import type { Allow, ForeignGrant } from '../../main/oauth/foreign-grant.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import { tokens } from './support/bound.ts'
import { foreignGrant, sawTokens } from './support/foreign.ts'
import { connectTo, type House, openHouse, serverAt } from './support/house.ts'
import { announce, nextAttempt, shown, stepOf } from './support/revocations.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

let provider: ScriptedProvider
let house: House
/** What a person was asked, and whether they agree. */
let asked: Parameters<Allow>[0][]
let agrees: boolean
const allow: Allow = async (to) => {
  asked.push(to)
  if (!agrees) throw new WarderError('presence.refused', 'No.')
}
beforeEach(async () => {
  asked = []
  agrees = true
  provider = await startScriptedProvider()
  house = await openHouse()
})
afterEach(async () => {
  await house[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const adopt = (changes: Partial<ForeignGrant> = {}, url = provider.serverUrl) =>
  house.grants.adopt(serverAt(url), foreignGrant(provider, changes), { account: 'ada', allow })
const revoke = (changes: Partial<ForeignGrant> = {}, url = provider.serverUrl) =>
  house.grants.revokeForeign(serverAt(url), foreignGrant(provider, changes), allow)
const failure = (code: string) => expect.objectContaining({ code })
const renewals = () =>
  house.grants.history('notes/ada', 10).entries.filter(({ event }) => event === 'renewal')

describe('an adoption', () => {
  it('renews once as the client that the tokens were issued to, and keeps what comes', async () => {
    const grant = await adopt()
    expect(grant).toMatchObject({
      server: 'notes',
      account: 'ada',
      issuer: provider.origin,
      clientId: 'their-client',
      state: 'connected',
      renewable: true,
      rotated: true,
    })
    const [asked, ...more] = provider.to('/token')
    expect(more).toEqual([])
    expect(Object.fromEntries(asked?.form ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'their-refresh-token',
      client_id: 'their-client',
      resource: provider.serverUrl,
    })
    expect(provider.to('/register')).toEqual([])
    expect((await house.grants.accessToken('notes')).value).toBe('access-token-1')
    expect(house.events).toEqual(['connected notes/ada'])
    const stored = await house.vault.get(`grant:${grant.id}`)
    expect(stored).toContain('refresh-token-1')
    expect(stored).not.toContain('their-refresh-token')
  })

  it('is written into the ledger before and after, and is found under the account', async () => {
    const seen: unknown[] = []
    const { answers } = provider
    answers.set('/token', () => {
      seen.push(...house.grants.history('notes/mcp-remote-f00dfe', 1).entries)
      return tokens('Bearer')
    })
    await adopt()
    expect(seen).toMatchObject([{ event: 'renewal', reason: 'import', outcome: null }])
    expect(renewals()).toMatchObject([{ reason: 'import', outcome: 'renewed', rotated: true }])
  })

  it('goes on after a restart, with its own client', async () => {
    await adopt()
    await house.restart()
    await house.grants.accessToken('notes')
    const [, second] = provider.to('/token')
    expect(second?.form.get('refresh_token')).toBe('refresh-token-1')
    expect(second?.form.get('client_id')).toBe('their-client')
  })

  it('keeps the secret of the client for its issuer alone', async () => {
    announce(provider, { token_endpoint_auth_methods_supported: ['client_secret_post'] })
    await adopt({ clientSecret: 'their-client-secret' })
    expect(provider.to('/token')[0]?.form.get('client_secret')).toBe('their-client-secret')
    expect(JSON.stringify(house.grants.list())).not.toContain('their-client-secret')
    await house.restart()
    await house.grants.accessToken('notes')
    expect(provider.to('/token')[1]?.form.get('client_secret')).toBe('their-client-secret')
    const [grant] = house.grants.list()
    await house.grants.revoke(grant?.id ?? '', 'by the test')
  })

  it('that is refused leaves the secret that an earlier one goes by', async () => {
    announce(provider, { token_endpoint_auth_methods_supported: ['client_secret_post'] })
    await adopt({ clientSecret: 'their-newer-secret' })
    const usual = provider.answers.get('/token')
    provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
    const older = { id: 'older', clientSecret: 'their-older-secret' }
    await expect(adopt(older)).rejects.toThrow(failure('import.refused'))
    if (usual !== undefined) provider.answers.set('/token', usual)
    await house.restart()
    await house.grants.accessToken('notes')
    const secrets = provider.to('/token').map(({ form }) => form.get('client_secret'))
    expect(secrets).toEqual(['their-newer-secret', 'their-older-secret', 'their-newer-secret'])
  })

  it('that fails takes the client from no other that is under way', async () => {
    announce(provider, { token_endpoint_auth_methods_supported: ['client_secret_post'] })
    const client = { clientSecret: 'their-client-secret' }
    const first = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    provider.answers.set('/token', async ({ form }) => {
      if (form.get('refresh_token') === 'their-dead-token')
        return { status: 400, body: { error: 'invalid_grant' } }
      begun.resolve()
      await first.promise
      return tokens('Bearer')
    })
    const good = adopt(client)
    await begun.promise
    const dead = adopt({ ...client, id: 'another', refreshToken: 'their-dead-token' })
    await expect(dead).rejects.toThrow(failure('import.refused'))
    first.resolve()
    await good
    await house.restart()
    await house.grants.accessToken('notes')
    expect(provider.to('/token').at(-1)?.form.get('client_secret')).toBe('their-client-secret')
  })

  it('says where the provider did not replace the token', async () => {
    provider.answers.set('/token', () => ({
      body: { access_token: 'access-token-1', token_type: 'Bearer', expires_in: 60 },
    }))
    const grant = await adopt()
    expect(grant.rotated).toBe(false)
    expect(await house.vault.get(`grant:${grant.id}`)).toContain('their-refresh-token')
  })

  it('is not done twice with the same file, and is once its program has written anew', async () => {
    const grant = await adopt()
    expect(house.grants.adoptedAs(foreignGrant(provider))?.id).toBe(grant.id)
    await expect(adopt()).rejects.toThrow(failure('import.adopted'))
    await expect(revoke()).rejects.toThrow(failure('import.adopted'))
    expect(provider.to('/token')).toHaveLength(1)
    const later = { writtenAt: 1_790_000_000_001, refreshToken: 'their-newer-token' }
    await adopt(later)
    expect(provider.to('/token')).toHaveLength(2)
  })

  it('is not done twice at once', async () => {
    const both = await Promise.allSettled([adopt(), adopt()])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: failure('import.busy'),
    })
    expect(provider.to('/token')).toHaveLength(1)
  })

  it('leaves nothing behind where the provider says that the token is over', async () => {
    provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
    await expect(adopt({ clientSecret: 'their-client-secret' })).rejects.toThrow(
      failure('import.refused'),
    )
    expect(house.grants.list()).toEqual([])
    const { entries } = house.grants.history('notes/mcp-remote-f00dfe', 5)
    expect(entries).toMatchObject([{ outcome: 'refused', error: 'invalid_grant' }])
  })

  it('needs a client, and a token', async () => {
    await expect(adopt({ clientId: null })).rejects.toThrow(failure('import.unusable'))
    expect(provider.to('/token')).toEqual([])
  })

  it('does not take unbound tokens where the server asks for bound ones', async () => {
    announce(provider, { dpop_signing_alg_values_supported: ['ES256'] })
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: provider.resourceMetadata({ dpop_bound_access_tokens_required: true }),
    }))
    await expect(adopt()).rejects.toThrow(failure('import.unusable'))
    expect(sawTokens(provider)).toBe(false)
  })
})

describe('an access token alone', () => {
  const bare = { refreshToken: null }

  it('is taken where the provider gives no refresh tokens', async () => {
    await adopt(bare)
    expect((await house.grants.accessToken('notes')).value).toBe('their-access-token')
    expect(provider.to('/token')).toEqual([])
  })

  it.each([
    ['where it gives them', {}, { grant_types_supported: ['authorization_code', 'refresh_token'] }],
    ['when it is over', { expiresAt: 1 }, {}],
    ['where only its issuer is known', { serverUrl: null, isOf: () => false }, {}],
  ])('is not taken %s', async (_why, changes, metadata) => {
    announce(provider, metadata)
    await expect(adopt({ ...bare, ...changes })).rejects.toThrow(failure('import.unusable'))
    expect(house.grants.list()).toEqual([])
  })
})

describe('a token never goes to another place than where it came from', () => {
  let hostile: ScriptedProvider
  beforeEach(async () => {
    hostile = await startScriptedProvider()
  })
  afterEach(() => hostile[Symbol.asyncDispose]())

  const unnamed = { serverUrl: null, isOf: () => false }
  const attempts: [string, Partial<ForeignGrant>][] = [
    ['the file names another server', {}],
    ['the file names another provider', unnamed],
    ['the file names nothing', { ...unnamed, issuer: null }],
    [
      'its hash is of this server, but another provider issued it',
      { ...unnamed, isOf: () => true },
    ],
  ]
  it.each(attempts)('%s', async (_why, changes) => {
    await expect(adopt(changes, hostile.serverUrl)).rejects.toThrow(failure('import.other_server'))
    await expect(revoke(changes, hostile.serverUrl)).rejects.toThrow(failure('import.other_server'))
    expect(sawTokens(hostile)).toBe(false)
    expect(sawTokens(provider)).toBe(false)
    expect(house.grants.list()).toEqual([])
    expect(house.grants.receipts()).toEqual([])
  })

  it('the file names another server of the same provider: nobody is asked anything', async () => {
    const sibling = { serverUrl: `${provider.origin}/other`, isOf: () => false }
    await expect(adopt(sibling)).rejects.toThrow(failure('import.other_server'))
    await expect(revoke(sibling)).rejects.toThrow(failure('import.other_server'))
    expect(provider.received).toEqual([])
  })

  const nameless = { issuer: null, clientSecret: 'their-client-secret' }
  it('a file that names nobody goes to whom the server names once a person has seen that name', async () => {
    const { origin } = provider
    agrees = false
    await expect(adopt(nameless)).rejects.toThrow(failure('presence.refused'))
    await expect(revoke(nameless)).rejects.toThrow(failure('presence.refused'))
    expect(asked).toEqual([
      { issuer: origin, borneOut: false },
      { issuer: origin, borneOut: false },
    ])
    expect(sawTokens(provider)).toBe(false)
    expect(house.grants.receipts()).toEqual([])
    agrees = true
    await revoke(nameless)
    expect(shown(provider)).toContain('their-refresh-token')
  })

  it('a token endpoint speaks for no issuer elsewhere: its metadata may name that of another', async () => {
    announce(hostile, { token_endpoint: `${provider.origin}/token` })
    agrees = false
    const changes = { ...nameless, serverUrl: hostile.serverUrl }
    const endpoint = { ...changes, tokenEndpoint: `${provider.origin}/token` }
    await expect(revoke(endpoint, hostile.serverUrl)).rejects.toThrow(failure('presence.refused'))
    expect(asked).toEqual([{ issuer: hostile.origin, borneOut: false }])
    expect(sawTokens(hostile)).toBe(false)
  })

  it('a revocation at an issuer that the file bears out asks nobody', async () => {
    await revoke()
    await revoke({ issuer: null, tokenEndpoint: `${provider.origin}/token`, id: 'another' })
    expect(asked).toEqual([])
  })

  it('its server names another token endpoint than the file', async () => {
    const { origin } = provider
    const elsewhere = { tokenEndpoint: `${origin}/elsewhere` }
    await expect(adopt(elsewhere)).rejects.toThrow(failure('import.other_server'))
    expect(sawTokens(provider)).toBe(false)
    await adopt({
      tokenEndpoint: `${origin}/token`,
      issuer: null,
      serverUrl: null,
      isOf: () => false,
    })
  })
})

describe('what the vault refuses', () => {
  it('is told, and lists no account', async () => {
    const memory = createMemoryStore()
    const vault = {
      ...memory,
      async set(key: string, value: string) {
        if (key.startsWith('grant:')) throw new Error('locked meanwhile')
        await memory.set(key, value)
      },
    }
    await using other = await openHouse({ vault })
    const adopting = other.grants.adopt(serverAt(provider.serverUrl), foreignGrant(provider), {
      allow,
    })
    await expect(adopting).rejects.toThrow(/sign in again, there too/)
    expect(other.grants.list()).toEqual([])
    const { entries } = other.grants.history('notes/mcp-remote-f00dfe', 5)
    expect(entries).toMatchObject([{ outcome: 'not-stored', rotated: true }])
  })
})

describe('a revocation', () => {
  it('asks the provider as that client, and proves it', async () => {
    const expiring = { expiresAt: house.time.now + 60_000 }
    const receipt = await revoke(expiring)
    expect(shown(provider)).toEqual(['their-refresh-token', 'their-access-token'])
    expect(provider.to('/revoke').map(({ form }) => form.get('client_id'))).toEqual([
      'their-client',
      'their-client',
    ])
    expect(receipt).toMatchObject({
      server: 'notes',
      account: 'mcp-remote-f00dfe',
      reason: 'Imported from mcp-remote',
      state: 'proven',
      remains: null,
    })
    expect(stepOf(receipt, 'local')).toMatchObject({ outcome: 'not-needed' })
    expect(stepOf(receipt, 'probe')).toMatchObject({ outcome: 'done', status: 401 })
    expect(stepOf(receipt, 'try-refresh')).toMatchObject({ outcome: 'done' })
    expect(house.grants.list()).toEqual([])
    expect(house.events).toEqual([])
  })

  it('makes no account that could be used, and goes on after a restart', async () => {
    provider.answers.set('/revoke', () => ({ cut: true }))
    const receipt = await revoke()
    expect(receipt.state).toBe('pending')
    expect(house.grants.list()).toMatchObject([{ state: 'revoking' }])
    await expect(house.grants.accessToken('notes')).rejects.toThrow(failure('grant.sign_in_needed'))
    provider.answers.set('/revoke', () => ({ status: 200 }))
    provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
    expect(await nextAttempt(house)).toMatchObject({ id: receipt.id, state: 'proven' })
    expect(shown(provider)).toContain('their-refresh-token')
  })

  it('leaves an account of ours at the same server alone', async () => {
    await connectTo(house, provider.serverUrl)
    const [before] = house.grants.list()
    await revoke()
    expect(house.grants.list()).toEqual([before])
  })
})
