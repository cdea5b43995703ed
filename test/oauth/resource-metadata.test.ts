import { describe, expect, it } from 'vitest'
import { checkResourceMetadata, coversServer } from '../../main/oauth/discovery.ts'

describe('what it may say (RFC 9728 §3.3)', () => {
  const policy = { serverUrl: 'https://mcp.vendor.example/mcp' }
  const good = {
    resource: 'https://mcp.vendor.example/mcp',
    authorization_servers: ['https://auth.vendor.example'],
    scopes_supported: ['files:read'],
  }
  const check = (changes: Record<string, unknown>, scope?: string) =>
    checkResourceMetadata(
      { ...good, ...changes },
      { resourceMetadata: undefined, scope, error: undefined, dpop: null },
      policy,
      { quirks: [] },
    )

  it.each([
    ['another host', { resource: 'https://other.example/mcp' }, 'oauth.resource_mismatch'],
    ['another scheme', { resource: 'http://mcp.vendor.example/mcp' }, 'net.url_refused'],
    ['another path', { resource: 'https://mcp.vendor.example/mc' }, 'oauth.resource_mismatch'],
    ['a deeper path', { resource: `${good.resource}/x` }, 'oauth.resource_mismatch'],
    ['no authorization server', { authorization_servers: [] }, 'oauth.metadata_invalid'],
    [
      'an authorization server that is a script',
      { authorization_servers: ['javascript:alert(1)'] },
      'net.url_refused',
    ],
    [
      'more issuers than anybody needs',
      { authorization_servers: Array.from({ length: 6 }, (_, i) => `https://as${i}.example`) },
      'oauth.metadata_invalid',
    ],
    ['a scope with a space', { scopes_supported: ['a state=evil'] }, 'oauth.metadata_invalid'],
    ['a scope with a quote', { scopes_supported: ['a"b'] }, 'oauth.metadata_invalid'],
    [
      'a flood of scopes',
      { scopes_supported: Array.from({ length: 101 }, (_, i) => `s${i}`) },
      'oauth.metadata_invalid',
    ],
  ])('refuses %s', (_what, changes, code) => {
    expect(() => check(changes)).toThrowError(expect.objectContaining({ code }))
  })

  it('takes the scope of the challenge before scopes_supported', () => {
    expect(check({}).scopes).toEqual(['files:read'])
    expect(check({}, 'files:write  admin').scopes).toEqual(['files:write', 'admin'])
    expect(check({ scopes_supported: null }).scopes).toEqual([])
  })

  it.each([
    ['https://a.example', 'https://a.example/mcp', true],
    ['https://a.example/', 'https://a.example/mcp', true],
    ['https://a.example/mcp', 'https://a.example/mcp/', true],
    ['https://a.example/mcp', 'https://a.example/mcp-evil', false],
    ['https://a.example:8443/mcp', 'https://a.example/mcp', false],
    ['https://a.example/mcp?tenant=1', 'https://a.example/mcp?tenant=2', false],
  ])('a token for %s at %s: %s', (resource, server, covered) => {
    expect(coversServer(resource, server)).toBe(covered)
  })
})
