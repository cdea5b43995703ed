import { describe, expect, it } from 'vitest'
import { checkRegistration } from '../../../main/oauth/registration.ts'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

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

it('opens no browser after one that added a redirect URI', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/register', ({ json }) => {
    const asked = json as { redirect_uris: string[] }
    const redirect_uris = [...asked.redirect_uris, 'https://evil.example/cb']
    return { status: 201, body: { ...asked, client_id: 'c', redirect_uris } }
  })
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.registration_failed' })
  expect(house.state.prepare('SELECT * FROM registrations').all()).toEqual([])
})
