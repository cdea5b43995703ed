import { describe, expect, it } from 'vitest'
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
      issuer: provider.origin,
      redirectUri: 'http://127.0.0.1/callback',
    }
    await connectTo(house, provider.serverUrl, oauth)
    const [redeemed] = provider.to('/token')
    expect(redeemed?.form.get('client_secret')).toBe('the client secret')
    expect(redeemed?.form.get('client_id')).toBe('by-hand')
    expect(redeemed?.form.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
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
