import { describe, expect, it } from 'vitest'
import { checkProvider, metadataLocations } from '../../main/oauth/metadata.ts'
import { openHouse, serverAt } from './support/house.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

describe('where the metadata of an issuer is looked for', () => {
  it.each([
    [
      'https://a.example',
      [
        'https://a.example/.well-known/oauth-authorization-server',
        'https://a.example/.well-known/openid-configuration',
      ],
    ],
    [
      'https://a.example/tenant1',
      [
        'https://a.example/.well-known/oauth-authorization-server/tenant1',
        'https://a.example/.well-known/openid-configuration/tenant1',
        'https://a.example/tenant1/.well-known/openid-configuration',
      ],
    ],
    [
      'https://a.example/',
      [
        'https://a.example/.well-known/oauth-authorization-server',
        'https://a.example/.well-known/openid-configuration',
      ],
    ],
  ])('%s', (issuer, locations) => {
    expect(metadataLocations(issuer)).toEqual(locations)
  })

  it('goes past a page for people that answers 200', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({
      body: '<html>Welcome</html>',
    }))
    provider.answers.set('/.well-known/openid-configuration', () => ({ body: provider.metadata() }))
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    signIn.cancel()
    expect(signIn.issuer).toBe(provider.origin)
  })

  it('says so when there is no JSON anywhere', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({
      body: '<html>Welcome</html>',
    }))
    const connecting = house.grants.connect(serverAt(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({
      code: 'oauth.metadata_invalid',
      message: expect.stringMatching(/oauth-authorization-server: not JSON; .*: 404/),
    })
  })

  it.each([
    ['answers 503', { status: 503 }],
    ['cuts the line', { cut: true }],
  ])('says that the provider is down when it %s', async (_what, reply) => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/.well-known/oauth-authorization-server', () => reply)
    const connecting = house.grants.connect(serverAt(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
  })

  it('says that the server is unreachable when it is the server', async () => {
    const provider = await startScriptedProvider()
    const url = provider.serverUrl
    await provider[Symbol.asyncDispose]()
    await using house = await openHouse()
    const connecting = house.grants.connect(serverAt(url))
    await expect(connecting).rejects.toMatchObject({ code: 'server.unreachable' })
  })
})

describe('what metadata may say', () => {
  const issuer = 'https://auth.vendor.example'
  const policy = { serverUrl: 'https://mcp.vendor.example/mcp' }
  const good = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    code_challenge_methods_supported: ['S256'],
  }
  const check = (changes: Record<string, unknown>) =>
    checkProvider({ ...good, ...changes }, issuer, policy, [])

  it.each([
    ['authorization_endpoint', 'javascript:alert(document.domain)'],
    ['authorization_endpoint', `${issuer}/authorize?redirect_uri=https%3A%2F%2Fevil.example`],
    ['token_endpoint', 'http://169.254.169.254/latest/meta-data/'],
    ['token_endpoint', 'http://auth.vendor.example/token'],
    ['registration_endpoint', 'http://localhost:2375/containers/create'],
    ['revocation_endpoint', 'https://user:pw@auth.vendor.example/revoke'],
    ['jwks_uri', 'file:///etc/passwd'],
    ['pushed_authorization_request_endpoint', 'http://[::1]/par'],
  ])('puts %s through the URL policy: %s', (field, url) => {
    expect(() => check({ [field]: url })).toThrowError(
      expect.objectContaining({ code: 'net.url_refused' }),
    )
  })

  it.each([
    ['no token endpoint', { token_endpoint: undefined }],
    ['an endpoint that is no string', { authorization_endpoint: { url: issuer } }],
    ['no authorization code flow', { response_types_supported: ['token'] }],
  ])('refuses %s', (_what, changes) => {
    expect(() => check(changes)).toThrowError(
      expect.objectContaining({ code: 'oauth.metadata_invalid' }),
    )
  })

  it('ignores what it does not know, takes null for absent and endpoints at other origins', () => {
    const provider = check({
      token_endpoint: 'https://oauth2.googleapis.example/token',
      registration_endpoint: null,
      mtls_endpoint_aliases: { token_endpoint: 'http://10.0.0.1/' },
    })
    expect(provider).toEqual({ ...good, token_endpoint: 'https://oauth2.googleapis.example/token' })
  })
})
