import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Grant } from '../../main/oauth/types.ts'
import { configSchema } from '../../main/store/config-schema.ts'
import { allow, type House, openHouse, serverOf } from './support/house.ts'
import { idToken } from './support/id-token.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

type Profile = Record<string, unknown>

/** Each provider here has one habit, and a profile that does or does not name it. */
async function stage(profile: Profile) {
  const provider = await startScriptedProvider()
  const house = await openHouse({ providers: { idp: profile } })
  return {
    provider,
    house,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

const metadata = (provider: ScriptedProvider, changes: Record<string, unknown>) =>
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata(changes),
  }))

/** Signs in and renews once. @returns the parameters of the requests for a code, a token, and a renewal */
async function requests({ provider, house }: { provider: ScriptedProvider; house: House }) {
  const signIn = await house.grants.connect(serverOf(provider.serverUrl))
  const grant = await allow(signIn)
  house.time.now += 3_600_000
  await house.grants.accessToken('notes')
  const [redeemed, renewed] = provider.to('/token').map(({ form }) => Object.fromEntries(form))
  return { grant, asked: Object.fromEntries(new URL(signIn.url).searchParams), redeemed, renewed }
}

/** What a request has that it has at every sign-in, but for what is drawn by lot. */
const settled = ({ asked, redeemed, renewed }: Awaited<ReturnType<typeof requests>>) =>
  [asked, redeemed, renewed].map((all) =>
    Object.keys(all ?? {})
      .sort()
      .join(' '),
  )

const PLAIN = [
  'client_id code_challenge code_challenge_method redirect_uri resource response_type scope state',
  'client_id code code_verifier grant_type redirect_uri resource',
  'client_id grant_type refresh_token resource',
]

it('without a quirk every request is the plain one', async () => {
  await using at = await stage({})
  const all = await requests(at)
  expect(settled(all)).toEqual(PLAIN)
  expect(all.grant.quirks).toEqual([])
})

describe('no-pkce-metadata', () => {
  const silent = { code_challenge_methods_supported: undefined }

  it('takes silence for S256, sends it, renews with it, and changes nothing else', async () => {
    await using at = await stage({ quirks: ['no-pkce-metadata'] })
    metadata(at.provider, silent)
    const all = await requests(at)
    expect(all.asked.code_challenge_method).toBe('S256')
    expect(settled(all)).toEqual(PLAIN)
    expect(all.grant.quirks).toEqual(['no-pkce-metadata'])
    await at.house.restart()
    expect(at.house.grants.list().map(({ quirks }) => quirks)).toEqual([['no-pkce-metadata']])
  })

  it.each([
    [['plain'], 'oauth.pkce_unsupported'],
    [[], 'oauth.pkce_unsupported'],
  ])('does not take %j', async (methods, code) => {
    await using at = await stage({ quirks: ['no-pkce-metadata'] })
    metadata(at.provider, { code_challenge_methods_supported: methods })
    const connecting = at.house.grants.connect(serverOf(at.provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code })
  })

  it('excuses no other issuer and no refused endpoint', async () => {
    await using at = await stage({ quirks: ['no-pkce-metadata'] })
    const connecting = () => at.house.grants.connect(serverOf(at.provider.serverUrl))
    metadata(at.provider, { ...silent, issuer: 'https://evil.example' })
    await expect(connecting()).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
    metadata(at.provider, { ...silent, token_endpoint: 'http://10.0.0.1/token' })
    await expect(connecting()).rejects.toMatchObject({ code: 'net.url_refused' })
  })

  it('has to be named', async () => {
    await using at = await stage({ quirks: ['no-resource-parameter'] })
    metadata(at.provider, silent)
    const connecting = at.house.grants.connect(serverOf(at.provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.pkce_unsupported' })
  })
})

describe('no-resource-parameter', () => {
  const refusesResource = (provider: ScriptedProvider) => {
    const good = provider.answers.get('/token')
    provider.answers.set('/token', (request) =>
      request.form.has('resource') || good === undefined
        ? { status: 400, body: { error: 'invalid_target' } }
        : good(request),
    )
  }

  it('leaves resource out of every request, and nothing else', async () => {
    await using at = await stage({ quirks: ['no-resource-parameter'] })
    refusesResource(at.provider)
    const all = await requests(at)
    expect(settled(all)).toEqual(PLAIN.map((names) => names.replace(/ ?resource/, '')))
    expect(all.grant).toMatchObject({
      resource: at.provider.serverUrl,
      quirks: ['no-resource-parameter'],
    })
  })

  it('has to be named', async () => {
    await using at = await stage({})
    refusesResource(at.provider)
    const signIn = await at.house.grants.connect(serverOf(at.provider.serverUrl))
    await expect(allow(signIn)).rejects.toMatchObject({ code: 'oauth.token_refused' })
  })
})

describe('audience-parameter', () => {
  it.each([
    ['the audience of the profile', { audience: 'https://notes.example/api' }],
    ['else the resource', {}],
  ])('adds %s to the authorization request only', async (_what, profile: { audience?: string }) => {
    await using at = await stage({ ...profile, quirks: ['audience-parameter'] })
    const all = await requests(at)
    const { audience, ...others } = all.asked
    expect(audience).toBe(profile.audience ?? at.provider.serverUrl)
    expect(settled({ ...all, asked: others })).toEqual(PLAIN)
  })
})

it('offline-access-parameters adds access_type and prompt, and nothing else', async () => {
  await using at = await stage({ quirks: ['offline-access-parameters'] })
  const all = await requests(at)
  const { access_type: access, prompt, ...others } = all.asked
  expect({ access, prompt }).toEqual({ access: 'offline', prompt: 'consent' })
  expect(settled({ ...all, asked: others })).toEqual(PLAIN)
})

describe('id-token-as-bearer', () => {
  const profile = { quirks: ['id-token-as-bearer'], scopes: ['openid'] }
  const exp = Math.floor(Date.now() / 1000) + 3600

  async function signIn({ provider, house }: Awaited<ReturnType<typeof stage>>): Promise<Grant> {
    const flow = await house.grants.connect(serverOf(provider.serverUrl))
    provider.answers.set('/token', () => ({
      body: {
        access_token: 'access-token',
        token_type: 'Bearer',
        expires_in: 5,
        refresh_token: 'refresh-token',
        id_token: idToken(provider, flow, { exp }),
      },
    }))
    return allow(flow)
  }

  it('gives the server the ID token, for as long as it says itself', async () => {
    await using at = await stage(profile)
    const grant = await signIn(at)
    const { value } = await at.house.grants.accessToken('notes')
    expect(value.split('.')).toHaveLength(3)
    expect(grant.expiresAt).toBe(exp * 1000)
    expect([...at.house.knownSecrets.entries()].map((one) => one.value)).toContain(value)
  })

  it('is not believed to have been revoked: providers answer 200 to tokens they do not know', async () => {
    await using at = await stage(profile)
    const { id } = await signIn(at)
    at.provider.answers.set('/mcp', () => ({ status: 200, body: {} }))
    at.provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
    const receipt = await at.house.grants.revoke(id, 'test')
    const outcomes = receipt.steps.map(({ step, outcome }) => `${step} ${outcome}`)
    expect(outcomes).toContain('revoke-refresh-token done')
    expect(outcomes).toContain('revoke-access-token unsupported')
    expect(receipt.state).toBe('revoked')
    expect(receipt.remains).toContain('may still be accepted')
    const told = at.provider.to('/revoke').map(({ form }) => form.get('token'))
    expect(told).toEqual(['refresh-token'])
  })

  it('has to be named: else the server gets the access token', async () => {
    await using at = await stage({ scopes: ['openid'] })
    await signIn(at)
    expect((await at.house.grants.accessToken('notes')).value).toBe('access-token')
  })

  it('ends the sign-in where there is no ID token', async () => {
    await using at = await stage(profile)
    const flow = await at.house.grants.connect(serverOf(at.provider.serverUrl))
    await expect(allow(flow)).rejects.toMatchObject({ code: 'oauth.token_refused' })
  })
})

describe('no-refresh-token', () => {
  const offers = { scopes_supported: ['files:read', 'offline_access'] }

  it('asks for neither the scope nor the grant type', async () => {
    await using at = await stage({ quirks: ['no-refresh-token'] })
    metadata(at.provider, offers)
    const flow = await at.house.grants.connect(serverOf(at.provider.serverUrl))
    flow.cancel()
    expect(flow.scopes).toEqual(['files:read'])
    const [registration] = at.provider.to('/register').map(({ json }) => json)
    expect(registration).toMatchObject({ grant_types: ['authorization_code'] })
  })

  it('has to be named', async () => {
    await using at = await stage({})
    metadata(at.provider, offers)
    const flow = await at.house.grants.connect(serverOf(at.provider.serverUrl))
    flow.cancel()
    expect(flow.scopes).toEqual(['files:read', 'offline_access'])
    const [registration] = at.provider.to('/register').map(({ json }) => json)
    expect(registration).toMatchObject({ grant_types: ['authorization_code', 'refresh_token'] })
  })
})

describe('fixed-redirect-uri', () => {
  it('is sent to the letter, port and localhost included', async () => {
    const port = await freePort()
    const redirectUri = `http://localhost:${port}/callback`
    const profile = { clientId: 'by-hand', redirectUri, quirks: ['fixed-redirect-uri'] }
    await using at = await stage(profile)
    const all = await requests(at)
    expect(all.asked.redirect_uri).toBe(redirectUri)
    expect(all.redeemed?.redirect_uri).toBe(redirectUri)
    expect(settled(all)).toEqual(PLAIN)
  })

  it('has to be named', () => {
    const profile = { clientId: 'by-hand', redirectUri: 'http://localhost:4000/callback' }
    expect(() => configSchema.parse({ providers: { idp: profile } })).toThrow('fixed-redirect-uri')
  })
})

describe('tenant-must-be-named', () => {
  const template = (provider: ScriptedProvider) => `${provider.origin}/{tenantid}/v2.0`

  it('is why a shared address is refused: it speaks for another issuer', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse({
      providers: { idp: { issuer: `${provider.origin}/common` } },
    })
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: provider.resourceMetadata({ authorization_servers: [`${provider.origin}/common`] }),
    }))
    provider.answers.set('/common/.well-known/openid-configuration', () => ({
      body: provider.metadata({ issuer: template(provider) }),
    }))
    const connecting = house.grants.connect(serverOf(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
  })

  it('lets a tenant be named where the server names the shared address', async () => {
    await using provider = await startScriptedProvider()
    const issuer = `${provider.origin}/t-1`
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: provider.resourceMetadata({ authorization_servers: [`${provider.origin}/common`] }),
    }))
    provider.answers.set('/t-1/.well-known/openid-configuration', () => ({
      body: provider.metadata({ issuer }),
    }))
    const profile = { issuer, quirks: ['tenant-must-be-named'] }
    await using house = await openHouse({ providers: { idp: profile } })
    const grant = await allow(await house.grants.connect(serverOf(provider.serverUrl)))
    expect(grant).toMatchObject({ issuer, quirks: ['tenant-must-be-named'] })
  })

  it('names no tenant of another provider, and none without the quirk', async () => {
    await using provider = await startScriptedProvider()
    for (const profile of [
      { issuer: 'https://other.example/t-1', quirks: ['tenant-must-be-named'] },
      { issuer: `${provider.origin}/t-1`, quirks: [] },
    ]) {
      await using house = await openHouse({ providers: { idp: profile } })
      const connecting = house.grants.connect(serverOf(provider.serverUrl))
      await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_not_listed' })
    }
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
