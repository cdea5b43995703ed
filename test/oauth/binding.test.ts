import { describe, expect, it } from 'vitest'
import { isBoundAs, isSameGrant, isWhereItWas } from '../../main/oauth/binding.ts'
import type { GrantRow } from '../../main/oauth/repository.ts'
import type { SealedGrant } from '../../main/oauth/sealed-grant.ts'

const key = (d: string) => ({ kty: 'EC' as const, crv: 'P-256' as const, x: 'x', y: 'y', d })

const sealed = {
  issuer: 'https://idp.example',
  tokenEndpoint: 'https://idp.example/token',
  clientId: 'c1',
  resource: 'https://mcp.example/mcp',
  dpopKey: null,
} as SealedGrant

const row = {
  issuer: sealed.issuer,
  clientId: sealed.clientId,
  resource: sealed.resource,
  bound: null,
  kind: 'person',
  exchangedFrom: null,
} as GrantRow

const service = { grantType: 'client_credentials' as const, scopes: [] }
const exchange = { grantType: 'token-exchange' as const, scopes: [], subject: 'g1' }

describe('a row of the database and the item of the vault', () => {
  it('are one grant where everything agrees', () => {
    expect(isSameGrant(row, sealed)).toBe(true)
    expect(isSameGrant({ ...row, bound: 'dpop' }, { ...sealed, dpopKey: key('d') })).toBe(true)
    expect(isSameGrant({ ...row, kind: 'service' }, { ...sealed, asks: service })).toBe(true)
    const exchanged = { ...row, kind: 'exchange' as const, exchangedFrom: 'g1' }
    expect(isSameGrant(exchanged, { ...sealed, asks: exchange })).toBe(true)
  })

  it.each<[string, Partial<GrantRow>]>([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['an issuer spelled otherwise', { issuer: 'https://idp.example/' }],
    ['another client', { clientId: 'c2' }],
    ['another resource', { resource: 'https://mcp.example/other' }],
    ['a key that the vault does not have', { bound: 'dpop' }],
    ['a service for a person', { kind: 'service' }],
    ['an account that it was exchanged from', { exchangedFrom: 'g1' }],
  ])('are not with %s', (_what, change) => {
    expect(isSameGrant({ ...row, ...change }, sealed)).toBe(false)
  })

  it('are not where the database leaves out what the vault has', () => {
    expect(isSameGrant(row, { ...sealed, dpopKey: key('d') })).toBe(false)
    expect(isSameGrant(row, { ...sealed, asks: service })).toBe(false)
    const other = { ...row, kind: 'exchange' as const, exchangedFrom: 'g2' }
    expect(isSameGrant(other, { ...sealed, asks: exchange })).toBe(false)
  })
})

describe('a provider', () => {
  it('is where it was while it names the same token endpoint, to the letter', () => {
    const provider = (endpoint: string) => ({ issuer: sealed.issuer, token_endpoint: endpoint })
    expect(isWhereItWas(provider(sealed.tokenEndpoint), sealed)).toBe(true)
    for (const other of ['https://evil.example/token', 'https://idp.example/token/', ''])
      expect(isWhereItWas(provider(other), sealed)).toBe(false)
  })
})

describe('an item that another sign-in or renewal stored', () => {
  it('is good for the same where it is bound alike', () => {
    expect(isBoundAs({ ...sealed, refreshToken: 'newer' }, sealed)).toBe(true)
    const keyed = { ...sealed, dpopKey: key('d') }
    expect(isBoundAs({ ...keyed }, keyed)).toBe(true)
  })

  it.each<[string, Partial<SealedGrant>]>([
    ['issuer', { issuer: 'https://evil.example' }],
    ['token endpoint', { tokenEndpoint: 'https://evil.example/token' }],
    ['client', { clientId: 'c2' }],
    ['resource', { resource: 'https://mcp.example/other' }],
    ['key', { dpopKey: key('d') }],
  ])('is not with another %s', (_what, change) => {
    expect(isBoundAs({ ...sealed, ...change }, sealed)).toBe(false)
    expect(isBoundAs(sealed, { ...sealed, ...change })).toBe(false)
  })
})
