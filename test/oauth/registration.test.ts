import { describe, expect, it } from 'vitest'
import { checkRegistration } from '../../main/oauth/registration.ts'
import { connectTo, openHouse, serverAt } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

const withoutRegistration = (provider: ScriptedProvider) =>
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      registration_endpoint: undefined,
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
    }),
  }))

describe('which client signs in', () => {
  it('names the redirect URI to register where the provider offers no registration', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    withoutRegistration(provider)
    const connecting = house.grants.connect(serverAt(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({
      code: 'oauth.registration_needed',
      message: expect.stringMatching(/http:\/\/127\.0\.0\.1:47811\/cb\/[0-9a-f]{16}/),
    })
  })

  it('uses the client registered by hand, its secret and its redirect URI', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse({ resolveSecret: async () => 'the client secret' })
    withoutRegistration(provider)
    const oauth = {
      clientId: 'by-hand',
      clientSecret: 'secret:notes-client',
      redirectUri: 'http://127.0.0.1/callback',
    }
    await connectTo(house, provider.serverUrl, oauth)
    const [redeemed] = provider.to('/token')
    expect(redeemed?.form.get('client_secret')).toBe('the client secret')
    expect(redeemed?.form.get('client_id')).toBe('by-hand')
    expect(redeemed?.form.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  })

  it('does not take a client that was registered by hand to another provider', async () => {
    await using provider = await startScriptedProvider()
    await using other = await startScriptedProvider()
    await using house = await openHouse()
    const oauth = { clientId: 'by-hand', redirectUri: 'http://127.0.0.1/callback' }
    await connectTo(house, provider.serverUrl, oauth)
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: provider.resourceMetadata({ authorization_servers: [other.origin] }),
    }))
    const connecting = connectTo(house, provider.serverUrl, oauth)
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
    expect(other.to('/token')).toEqual([])
  })

  it('keeps the secret that a provider hands out in the vault, and only for that provider', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/register', ({ json }) => ({
      status: 201,
      body: {
        ...(json as object),
        client_id: 'confidential',
        client_secret: 'handed-out-secret',
        token_endpoint_auth_method: 'client_secret_basic',
      },
    }))
    await connectTo(house, provider.serverUrl)
    await house.restart()
    await house.grants.accessToken('notes')
    const authorization = `Basic ${Buffer.from('confidential:handed-out-secret').toString('base64')}`
    expect(provider.to('/token').map(({ headers }) => headers.authorization)).toEqual([
      authorization,
      authorization,
    ])
    const [row] = house.state.prepare('SELECT * FROM registrations').all()
    expect(JSON.stringify(row)).not.toContain('handed-out-secret')
    expect(JSON.parse((await house.vault.get(`registration:${row?.id}`)) ?? '')).toEqual({
      issuer: provider.origin,
      secret: 'handed-out-secret',
      management: null,
    })
  })

  it('gives that secret to no other provider, whatever the state database says', async () => {
    await using evil = await startScriptedProvider()
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/register', ({ json }) => ({
      status: 201,
      body: {
        ...(json as object),
        client_id: 'c',
        client_secret: 'handed-out',
        token_endpoint_auth_method: 'client_secret_post',
      },
    }))
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    signIn.cancel()
    house.state.prepare('UPDATE registrations SET issuer = ?').run(evil.origin)
    const connecting = house.grants.connect(serverAt(evil.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'vault.locked_or_missing' })
    expect(evil.to('/token')).toEqual([])
  })

  it('says what a refusal of the registration was', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/register', () => ({
      status: 400,
      body: { error: 'invalid_redirect_uri' },
    }))
    const connecting = house.grants.connect(serverAt(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.registration_failed' })
  })
})

describe('what a registration response may say (RFC 7591 §3.2.1)', () => {
  const redirectUri = 'http://127.0.0.1:49152/cb/7f3a'
  const policy = { serverUrl: 'https://mcp.vendor.example/mcp' }
  const check = (changes: Record<string, unknown>) =>
    checkRegistration(
      { client_id: 'c1', redirect_uris: [redirectUri], ...changes },
      redirectUri,
      policy,
      () => 5,
    )

  it.each([
    ['a redirect URI added', { redirect_uris: [redirectUri, 'https://evil.example/cb'] }],
    ['the redirect URI replaced', { redirect_uris: ['https://evil.example/cb'] }],
    ['an empty client ID', { client_id: '' }],
    ['other grant types', { grant_types: ['password'] }],
    ['a method that we do not have', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['a method without its secret', { token_endpoint_auth_method: 'client_secret_post' }],
  ])('refuses %s', (_what, changes) => {
    expect(() => check(changes)).toThrowError(
      expect.objectContaining({ code: 'oauth.registration_failed' }),
    )
  })

  it('refuses a management address inside our network', () => {
    expect(() => check({ registration_client_uri: 'http://10.0.0.1/x' })).toThrowError(
      expect.objectContaining({ code: 'net.url_refused' }),
    )
  })

  it('takes a secret without a method for client_secret_basic, and nonsense expiry for expired', () => {
    expect(check({ client_secret: 's3cr3t', client_secret_expires_at: -1 })).toEqual({
      clientId: 'c1',
      authMethod: 'client_secret_basic',
      secret: 's3cr3t',
      expiresAt: 5,
    })
  })
})
