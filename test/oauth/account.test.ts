import { describe, expect, it } from 'vitest'
import { chooseScopes } from '../../main/oauth/scopes.ts'
import { allow, openHouse, serverAt } from './support/house.ts'
import { idToken } from './support/id-token.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

async function signInWith(
  claims: Record<string, unknown>,
  options: { label?: string; userInfo?: unknown } = {},
) {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      scopes_supported: ['openid', 'email', 'offline_access', 'profile'],
      ...(options.userInfo ? { userinfo_endpoint: `${provider.origin}/me` } : {}),
    }),
  }))
  provider.answers.set('/me', () => ({ body: options.userInfo }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl), {
    account: options.label,
  })
  expect(signIn.scopes).toEqual(['files:read', 'openid', 'email', 'offline_access'])
  expect(new URL(signIn.url).searchParams.get('prompt')).toBe('consent')
  provider.answers.set('/token', () => ({
    body: {
      access_token: 'an-access-token',
      token_type: 'bearer',
      id_token: idToken(provider, signIn, claims),
    },
  }))
  const grant = await allow(signIn)
  expect(house.grants.find(`notes/${options.label ?? grant.account}`).id).toBe(grant.id)
  return grant.account
}

describe('the name of an account', () => {
  it('is the e-mail address or the login of the ID token, before any label', async () => {
    expect(await signInWith({ email: 'alice@example.test' }, { label: 'work' })).toBe(
      'alice@example.test',
    )
    expect(await signInWith({ preferred_username: 'alice' })).toBe('alice')
  })

  it('comes from userinfo where the ID token says little', async () => {
    const userInfo = { sub: 'user-1', email: 'alice@example.test' }
    expect(await signInWith({}, { userInfo })).toBe('alice@example.test')
  })

  it('is the label, then the subject, where the provider names nobody', async () => {
    expect(await signInWith({}, { label: 'work' })).toBe('work')
    expect(await signInWith({}, { userInfo: { sub: 'somebody-else', email: 'x@y.example' } })).toBe(
      'user-1',
    )
  })

  it('holds no control or direction characters', async () => {
    expect(await signInWith({ email: 'ali\u202ece\n@example.test' })).toBe('alice@example.test')
  })

  it.each([
    ['another nonce', { nonce: 'of-another-sign-in' }],
    ['another audience', { aud: 'another-client' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['an end in the past', { exp: 1 }],
  ])('is not read from an ID token with %s: the sign-in fails', async (_what, claims) => {
    await expect(signInWith(claims)).rejects.toMatchObject({ code: 'oauth.token_refused' })
  })
})

describe('scopes', () => {
  it('are those of the server definition and no others, where it names any', () => {
    const configured = ['repo']
    const resource = ['files:read']
    expect(chooseScopes({ configured, resource, provider: ['openid'], quirks: [] })).toEqual([
      'repo',
    ])
    expect(chooseScopes({ configured: [], resource, provider: ['openid'], quirks: [] })).toEqual([])
  })

  it('add nothing that the provider does not list', () => {
    const resource = ['files:read']
    expect(chooseScopes({ configured: undefined, resource, provider: [], quirks: [] })).toEqual(
      resource,
    )
    expect(
      chooseScopes({ configured: undefined, resource: [], provider: ['email'], quirks: [] }),
    ).toEqual([])
  })
})

it('pushes the request where the provider takes no other (RFC 9126)', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      pushed_authorization_request_endpoint: `${provider.origin}/par`,
      require_pushed_authorization_requests: true,
    }),
  }))
  provider.answers.set('/par', () => ({
    status: 201,
    body: { request_uri: 'urn:example:1', expires_in: 60 },
  }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  expect(Object.fromEntries(new URL(signIn.url).searchParams)).toEqual({
    client_id: 'client-1',
    request_uri: 'urn:example:1',
  })
  expect(provider.to('/par')[0]?.form.get('code_challenge_method')).toBe('S256')
})

it('says that a code was refused as what it is, not as an account that lapsed', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  await expect(allow(signIn)).rejects.toMatchObject({
    code: 'oauth.token_refused',
    message: expect.stringContaining('invalid_grant'),
  })
})
