import { describe, expect, it } from 'vitest'
import {
  clientSecretBinding,
  describeProvider,
  profileOf,
  providerBinding,
} from '../../main/servers/providers.ts'
import { configSchema, type ProviderProfile } from '../../main/store/config-schema.ts'

const issuer = 'https://id.example'
const url = 'https://mcp.example/mcp'
const client = { clientId: 'shared', clientSecret: 'secret:idp' }

const config = configSchema.parse({
  providers: {
    idp: { issuer, ...client, scopes: ['a'], ports: [4000], quirks: ['no-refresh-token'] },
  },
  servers: {
    one: { url, provider: 'idp' },
    two: { url, provider: 'idp', oauth: { clientId: 'own', clientSecret: 'secret:own' } },
    plain: { url, oauth: { clientId: 'own', clientSecret: 'secret:own' } },
  },
})

describe('what a sign-in goes by', () => {
  const of = (oauth?: object) => profileOf(config.providers, { provider: 'idp', oauth })

  it('is the profile, with the server’s own words over it', () => {
    expect(of()).toEqual(config.providers.idp)
    expect(of({ scopes: ['b'] })).toEqual({ ...config.providers.idp, scopes: ['b'] })
    expect(profileOf({}, { oauth: { clientId: 'c' } })).toEqual({ clientId: 'c', quirks: [] })
  })

  it('never sends the profile’s secret with another client, or mixes ports and redirect URI', () => {
    expect(of({ clientId: 'own' })).not.toHaveProperty('clientSecret')
    expect(of({ clientId: 'own' })).not.toHaveProperty('tokenEndpointAuthMethod')
    const own = of({ redirectUri: 'http://127.0.0.1/cb' })
    expect(own).toMatchObject({ redirectUri: 'http://127.0.0.1/cb', ...client })
    expect(own).not.toHaveProperty('ports')
  })

  it('is nothing at all where the profile is not there', () => {
    const missing = { provider: 'constructor' }
    expect(() => profileOf(config.providers, missing)).toThrow(
      expect.objectContaining({ code: 'provider.unknown' }) as Error,
    )
  })
})

describe('the client secret', () => {
  const boundTo = (server: string, name: string) =>
    clientSecretBinding(config, { server, name, issuer })

  it('of a profile goes to its issuer, whichever server is signed in to', () => {
    const there = { server: 'provider:idp', destination: `issuer:${issuer}` }
    expect(boundTo('one', 'idp')).toEqual(there)
    expect(boundTo('two', 'idp')).toEqual(there)
    expect(providerBinding('idp', { issuer })).toEqual(there)
  })

  it('is held back from another issuer, and from metadata in another place', () => {
    const elsewhere = clientSecretBinding(config, {
      server: 'one',
      name: 'idp',
      issuer: 'https://old.example',
    })
    expect(elsewhere.destination).not.toBe(`issuer:${issuer}`)
    const { destination } = providerBinding('idp', { issuer, metadataUrl: `${issuer}/m` })
    expect(destination).not.toBe(`issuer:${issuer}`)
  })

  it('of a server stays with the server', () => {
    const own = { destination: 'origin:https://mcp.example' }
    expect(boundTo('two', 'own')).toEqual({ server: 'two', ...own })
    expect(boundTo('plain', 'own')).toEqual({ server: 'plain', ...own })
  })
})

describe('a profile in words', () => {
  const whole = configSchema.parse({
    providers: {
      idp: {
        preset: 'generic',
        issuer,
        metadataUrl: `${issuer}/m`,
        ...client,
        tokenEndpointAuthMethod: 'client_secret_post',
        resource: 'api://notes',
        audience: 'notes',
        scopes: ['a', 'b'],
        authorizeParams: { login_hint: 'ann bell' },
        redirectUri: 'http://localhost:4000/cb',
        quirks: ['audience-parameter', 'fixed-redirect-uri'],
        revokePage: `${issuer}/connections`,
        revocationEndsEveryGrant: true,
      },
    },
  }).providers.idp as ProviderProfile

  it('says everything that it holds: two that differ read differently', () => {
    const lines = describeProvider('idp', whole)
    const members = Object.keys(whole) as (keyof ProviderProfile)[]
    for (const member of members) {
      const { [member]: _left, ...rest } = whole
      const without = { quirks: [], ...rest } as ProviderProfile
      expect(describeProvider('idp', without), member).not.toEqual(lines)
    }
    expect(describeProvider('idp', { quirks: [], ports: [4000] })).toContain(
      'it answers at one of the ports 4000',
    )
    expect(lines).toContain('it is sent login_hint="ann bell"')
    expect(lines.join('\n')).toContain('exception audience-parameter: it is told by an audience')
  })
})
