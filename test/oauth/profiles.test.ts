import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { allow, openHouse, serverOf } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

const RESOURCE_METADATA = '/.well-known/oauth-protected-resource/mcp'
const METADATA = '/.well-known/oauth-authorization-server'

const openWith = (profile: object, more: object = {}) =>
  openHouse({ providers: { idp: profile }, ...more })

describe('the issuer of a profile', () => {
  it('chooses among those that the server lists', async () => {
    await using provider = await startScriptedProvider()
    await using listed = await startScriptedProvider()
    provider.answers.set(RESOURCE_METADATA, () => ({
      body: provider.resourceMetadata({ authorization_servers: [listed.origin, provider.origin] }),
    }))
    await using house = await openWith({ issuer: provider.origin })
    const grant = await allow(await house.grants.connect(serverOf(provider.serverUrl)))
    expect(grant.issuer).toBe(provider.origin)
    expect(listed.received).toEqual([])
  })

  it('is refused where the server lists others only: its tokens would be for nobody', async () => {
    await using provider = await startScriptedProvider()
    await using listed = await startScriptedProvider()
    provider.answers.set(RESOURCE_METADATA, () => ({
      body: provider.resourceMetadata({ authorization_servers: [listed.origin] }),
    }))
    await using house = await openWith({ issuer: provider.origin })
    await expect(house.grants.connect(serverOf(provider.serverUrl))).rejects.toMatchObject({
      code: 'oauth.issuer_not_listed',
      details: { issuers: [listed.origin] },
    })
    expect(listed.received).toEqual([])
  })

  it.each([
    ['no metadata at all', { status: 404 }],
    ['metadata without a list', { body: { authorization_servers: undefined } }],
  ])('is enough where the server publishes %s', async (_what, { status, body }: ReplyParts) => {
    await using provider = await startScriptedProvider()
    const answer = body && { body: provider.resourceMetadata(body) }
    provider.answers.set(RESOURCE_METADATA, () => answer ?? { status: status ?? 404 })
    await using without = await openWith({})
    await expect(without.grants.connect(serverOf(provider.serverUrl))).rejects.toMatchObject({
      code: 'oauth.metadata_invalid',
    })
    await using house = await openWith({ issuer: provider.origin })
    const grant = await allow(await house.grants.connect(serverOf(provider.serverUrl)))
    expect(grant.resource).toBe(provider.serverUrl)
  })

  it.each([
    ['oauth.resource_mismatch', { resource: 'https://other.example/mcp' }, {}],
    ['net.url_refused', { authorization_servers: ['http://10.0.0.1'] }, {}],
    ['oauth.issuer_mismatch', {}, { issuer: 'https://evil.example' }],
    ['net.url_refused', {}, { token_endpoint: 'javascript:alert(1)' }],
    ['oauth.pkce_unsupported', {}, { code_challenge_methods_supported: undefined }],
  ])('excuses nothing: %s', async (code, resource, metadata) => {
    await using provider = await startScriptedProvider()
    provider.answers.set(RESOURCE_METADATA, () => ({ body: provider.resourceMetadata(resource) }))
    provider.answers.set(METADATA, () => ({ body: provider.metadata(metadata) }))
    await using house = await openWith({ issuer: provider.origin })
    const connecting = house.grants.connect(serverOf(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code })
    expect(house.opened).toEqual([])
  })
})

interface ReplyParts {
  readonly status?: number
  readonly body?: Record<string, unknown>
}

describe('the metadata of a profile', () => {
  const elsewhere = (provider: ScriptedProvider, changes = {}) => {
    provider.answers.set(METADATA, () => ({ status: 404 }))
    provider.answers.set('/elsewhere.json', () => ({ body: provider.metadata(changes) }))
    return { issuer: provider.origin, metadataUrl: `${provider.origin}/elsewhere.json` }
  }

  it('lie where it says, at the sign-in and at each renewal', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openWith(elsewhere(provider))
    await allow(await house.grants.connect(serverOf(provider.serverUrl)))
    await house.restart()
    await house.grants.accessToken('notes')
    expect(provider.to(METADATA)).toEqual([])
    expect(provider.to('/elsewhere.json')).toHaveLength(2)
  })

  it('speak for its issuer and no other', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openWith(elsewhere(provider, { issuer: 'https://evil.example' }))
    const connecting = house.grants.connect(serverOf(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
  })
})

it('one profile serves several servers, each with a grant of its own', async () => {
  await using one = await startScriptedProvider()
  await using two = await startScriptedProvider()
  two.answers.set(RESOURCE_METADATA, () => ({ status: 404 }))
  const asked: string[][] = []
  await using house = await openWith(
    { issuer: one.origin, clientId: 'shared', clientSecret: 'secret:idp' },
    {
      resolveSecret: async (...about: string[]) => {
        asked.push(about)
        return 'the secret'
      },
    },
  )
  for (const [name, url] of [
    ['a', one.serverUrl],
    ['b', two.serverUrl],
  ] as const)
    await allow(await house.grants.connect(serverOf(url, undefined, name)))
  const grants = house.grants
    .list()
    .map(({ server, clientId, resource }) => [server, clientId, resource])
  expect(grants.toSorted()).toEqual([
    ['a', 'shared', one.serverUrl],
    ['b', 'shared', two.serverUrl],
  ])
  expect(asked).toEqual([
    ['idp', 'a', one.origin],
    ['idp', 'b', one.origin],
  ])
  expect(two.to('/token')).toEqual([])
})

it('a resource of the profile is what tokens are asked for; they go to the server alone', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openWith({ resource: 'api://notes' })
  const signIn = await house.grants.connect(serverOf(provider.serverUrl))
  expect(new URL(signIn.url).searchParams.get('resource')).toBe('api://notes')
  await allow(signIn)
  expect((await house.grants.accessToken('notes')).serverUrl).toBe(provider.serverUrl)
})

it('parameters of the profile go along, beside and never in place of ours', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openWith({ authorizeParams: { login_hint: 'ann@example.com' } })
  const signIn = await house.grants.connect(serverOf(provider.serverUrl))
  signIn.cancel()
  expect(new URL(signIn.url).searchParams.getAll('login_hint')).toEqual(['ann@example.com'])
})

it('of the registered ports the first free one is taken', async () => {
  await using provider = await startScriptedProvider()
  const taken = createServer().listen(0, '127.0.0.1')
  const free = createServer().listen(0, '127.0.0.1')
  await Promise.all([once(taken, 'listening'), once(free, 'listening')])
  const ports = [taken, free].map((server) => (server.address() as AddressInfo).port)
  free.close()
  await once(free, 'close')
  await using house = await openWith({ clientId: 'by-hand', ports })
  const signIn = await house.grants.connect(serverOf(provider.serverUrl))
  taken.close()
  const redirectUri = new URL(signIn.url).searchParams.get('redirect_uri')
  expect(redirectUri).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${ports[1]}/cb/[0-9a-f]{16}$`))
  await allow(signIn)
})

describe('a receipt', () => {
  it('names the provider’s own page where there is no way to revoke', async () => {
    await using provider = await startScriptedProvider()
    provider.answers.set(METADATA, () => ({
      body: provider.metadata({ revocation_endpoint: undefined }),
    }))
    await using house = await openWith({ revokePage: 'https://id.example/connections' })
    const { id } = await allow(await house.grants.connect(serverOf(provider.serverUrl)))
    provider.answers.set('/mcp', () => ({ status: 200, body: {} }))
    const receipt = await house.grants.revoke(id, 'test')
    expect(receipt).toMatchObject({
      state: 'local-only',
      remains: expect.stringContaining('https://id.example/connections'),
    })
  })

  it('warns where the provider ended every grant of the account', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openWith({ revocationEndsEveryGrant: true })
    const { id } = await allow(await house.grants.connect(serverOf(provider.serverUrl)))
    const { steps } = await house.grants.revoke(id, 'test')
    const told = steps.find(({ step }) => step === 'revoke-refresh-token')?.detail
    expect(told).toContain('ends every grant of the account')
  })
})
