import { describe, expect, it } from 'vitest'
import { mayDial, mayName, reachOfHost, type UrlPolicy } from '../../main/net/hosts.ts'

const remote: UrlPolicy = { serverUrl: 'https://mcp.vendor.example/mcp' }
const local: UrlPolicy = { serverUrl: 'http://localhost:3000/mcp' }
const own: UrlPolicy = { serverUrl: 'https://mcp.corp.internal/', allowPrivateNetwork: true }

describe('what a name stands for', () => {
  it.each([
    // RFC 6762 appendix G, RFC 8375, and `.internal`, which ICANN reserved in 2024.
    ...['local', 'localdomain', 'internal', 'intranet', 'private', 'corp', 'home', 'home.arpa'],
    'lan',
  ])('.%s is nobody’s on the internet', (suffix) => {
    expect(reachOfHost(`box.${suffix}`)).toBe('private')
    expect(reachOfHost(`BOX.${suffix.toUpperCase()}`)).toBe('private')
    expect(reachOfHost(`box${suffix.replace('.', '')}.example`)).toBe('public')
  })

  it.each([
    'instance-data',
    'metadata',
    'metadata.azure.internal',
    'metadata.google.internal',
    'metadata.tencentyun.com',
    'Metadata.Google.Internal',
  ])('%s is a metadata service', (name) => {
    expect(reachOfHost(name)).toBe('forbidden')
    expect(mayName(name, own)).toBe(false)
  })

  it('names this machine by RFC 6761 §6.3, and others by what they are', () => {
    expect(reachOfHost('localhost')).toBe('loopback')
    expect(reachOfHost('idp.LOCALHOST')).toBe('loopback')
    expect(reachOfHost('notlocalhost')).toBe('private')
    expect(reachOfHost('localhost.example')).toBe('public')
    expect(reachOfHost('[::1]')).toBe('loopback')
    expect(reachOfHost('wiki')).toBe('private')
  })
})

describe('which address may be dialled for a name', () => {
  it.each<[string, string, UrlPolicy, boolean]>([
    ['idp.example', '93.184.216.34', remote, true],
    ['idp.example', '10.0.0.1', remote, false],
    ['idp.example', '127.0.0.1', remote, false],
    // Rebinding: the server is on loopback, but the name is one of the internet.
    ['idp.example', '127.0.0.1', local, false],
    ['localhost', '127.0.0.1', local, true],
    ['localhost', '::1', local, true],
    ['localhost', '127.0.0.1', remote, false],
    ['localhost', '93.184.216.34', local, false],
    ['localhost', '10.0.0.1', local, false],
    ['idp.corp', '10.0.0.1', own, true],
    ['idp.example', '10.0.0.1', own, true],
    ['idp.corp', '10.0.0.1', remote, false],
    ['idp.corp', '93.184.216.34', remote, false],
    ['idp.corp', '169.254.169.254', own, false],
    ['metadata', '10.0.0.1', own, false],
  ])('%s at %s (%#)', (host, address, policy, allowed) => {
    expect(mayDial(host, address, policy)).toBe(allowed)
  })
})
