import { describe, expect, it } from 'vitest'
import { providerSchema } from '../../main/store/provider-schema.ts'
import { quirkNames } from '../../main/store/quirks.ts'

const issuer = 'https://id.example/tenant-1'

const refusals = (profile: Record<string, unknown>) => {
  const parsed = providerSchema.safeParse(profile)
  return parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

describe('a provider profile', () => {
  it('may hold all that a provider can need', () => {
    const whole = {
      preset: 'generic',
      issuer,
      metadataUrl: 'https://id.example/metadata.json',
      clientId: 'warder',
      clientSecret: 'secret:id-client',
      resource: 'api://notes',
      audience: 'https://notes.example',
      scopes: ['notes.read'],
      authorizeParams: { login_hint: 'ann@example.com', 'kc.idp': 'corp' },
      redirectUri: 'http://localhost:3118/callback',
      quirks: [...quirkNames],
      revokePage: 'https://id.example/connections',
      revocationEndsEveryGrant: true,
    }
    expect(refusals(whole)).toEqual([])
    expect(providerSchema.parse({})).toEqual({ quirks: [] })
  })

  it.each([
    ['client_id'],
    ['redirect_uri'],
    ['state'],
    ['code_challenge'],
    ['code_challenge_method'],
    ['resource'],
    ['scope'],
    ['nonce'],
    ['response_type'],
    ['response_mode'],
    ['request_uri'],
    ['State'],
    ['redirect.uri'],
    // Warder sets these itself, where a quirk asks for it.
    ['audience'],
    ['prompt'],
    ['Access_Type'],
  ])('never sets the parameter %s', (name) => {
    expect(refusals({ authorizeParams: { [name]: 'x' } })).toHaveLength(1)
    expect(refusals({ authorizeParams: { [`x_${name}`]: 'x' } })).toEqual([])
  })

  it.each([
    ['a quirk that nobody knows', { quirks: ['no-pkce'] }],
    ['a secret in clear', { issuer, clientId: 'c', clientSecret: 'hunter2' }],
    ['a resource with a fragment', { resource: 'https://a.example/#b' }],
    ['a relative resource', { resource: '/notes' }],
    ['an answer that goes to another machine', { redirectUri: 'http://127.0.0.1.evil.example/' }],
    ['an answer that goes to the web', { redirectUri: 'https://127.0.0.1/cb' }],
    ['no port at all', { ports: [] }],
    ['a port of the system', { ports: [80] }],
    ['a file for an issuer', { issuer: 'file:///etc/passwd' }],
    ['a member that there is not', { tokenEndpoint: 'https://evil.example/token' }],
  ])('refuses %s', (_what, profile) => {
    expect(refusals(profile)).toHaveLength(1)
  })

  it.each([
    [
      { metadataUrl: 'https://id.example/m' },
      'metadataUrl: say whose it is: issuer',
      { metadataUrl: 'https://id.example/m', issuer },
    ],
    [
      { clientSecret: 'secret:s', clientId: 'c' },
      'clientSecret: a secret belongs to one provider: issuer',
      { clientSecret: 'secret:s', clientId: 'c', issuer },
    ],
    [
      { clientSecret: 'secret:s', issuer },
      'clientSecret: say whose it is: clientId',
      { clientSecret: 'secret:s', clientId: 'c', issuer },
    ],
    [
      { tokenEndpointAuthMethod: 'client_secret_post' },
      'tokenEndpointAuthMethod: says how a clientSecret is sent, and there is none',
      {
        tokenEndpointAuthMethod: 'client_secret_post',
        clientSecret: 'secret:s',
        clientId: 'c',
        issuer,
      },
    ],
    [
      { audience: 'notes' },
      'audience: is only sent with the quirk audience-parameter',
      { audience: 'notes', quirks: ['audience-parameter'] },
    ],
    [
      { ports: [4000], redirectUri: 'http://127.0.0.1/cb' },
      'ports: name either redirectUri or ports',
      { ports: [4000, 4001] },
    ],
    [
      { redirectUri: 'http://127.0.0.1:4000/cb' },
      'redirectUri: a port, or localhost, needs the quirk fixed-redirect-uri',
      { redirectUri: 'http://127.0.0.1:4000/cb', quirks: ['fixed-redirect-uri'] },
    ],
    [
      { redirectUri: 'http://localhost/cb' },
      'redirectUri: a port, or localhost, needs the quirk fixed-redirect-uri',
      { redirectUri: 'http://127.0.0.1/cb' },
    ],
  ])('%j is refused', (broken, why, mended) => {
    expect(refusals(broken)).toEqual([why])
    expect(refusals(mended)).toEqual([])
  })

  it.each([
    ['https://login.microsoftonline.com/common/v2.0'],
    ['https://login.microsoftonline.com/organizations/v2.0'],
    ['https://login.microsoftonline.com/consumers/v2.0'],
    ['https://login.microsoftonline.com/{tenantid}/v2.0'],
    ['https://login.microsoftonline.com/%7Btenantid%7D/v2.0'],
    [undefined],
  ])('has to name the tenant where the provider wants it: not %s', (shared) => {
    const profile = shared === undefined ? {} : { issuer: shared }
    const why = 'issuer: name the tenant: its shared address speaks for no issuer'
    expect(refusals({ ...profile, quirks: ['tenant-must-be-named'] })).toEqual([why])
    expect(refusals(profile)).toEqual([])
    expect(refusals({ issuer, quirks: ['tenant-must-be-named'] })).toEqual([])
  })
})
