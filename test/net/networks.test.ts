import { describe, expect, it } from 'vitest'
import { holds, isInside, normalNetwork, reachOfNetwork } from '../../main/net/networks.ts'
import { checkUrl } from '../../main/net/url-policy.ts'
import { urlPolicyOf } from '../../main/servers/networks.ts'
import { remoteServerSchema } from '../../main/store/config-schema.ts'

describe('a listed network', () => {
  it.each([
    ['10.1.0.0/16', '10.1.0.0/16'],
    ['10.1.2.3/16', '10.1.0.0/16'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['192.168.0.0/16', '192.168.0.0/16'],
    ['172.16.0.0/12', '172.16.0.0/12'],
    ['100.64.0.0/10', '100.64.0.0/10'],
    ['fd00::/8', 'fd00::/8'],
    ['FD12:0:0::1/32', 'fd12::/32'],
    ['127.0.0.1/32', '127.0.0.1/32'],
    ['::1', '::1/128'],
  ])('%s is %s', (given, normal) => {
    expect(normalNetwork(given)).toBe(normal)
  })

  it.each([
    ...['', 'idp.corp.internal', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/8/8'],
    ...['10.1/16', '0x0a000000/8', '010.0.0.0/8', '10.0.0.0 /8', 'fd00::%eth0/8', '[fd00::]/8'],
    // The internet needs no leave, and a range around a private one would be the internet.
    ...['0.0.0.0/0', '::/0', '8.8.8.8/32', '10.0.0.0/7', '2000::/3', '172.16.0.0/11', 'fc00::/6'],
    // Never: link-local, metadata services, multicast, unspecified, tunnels.
    ...['169.254.0.0/16', '169.254.169.254', '169.254.169.254/32', 'fe80::/10', 'fd00:ec2::254'],
    ...['100.100.100.200', '0.0.0.0', '224.0.0.0/4', '::ffff:10.0.0.1/128', '64:ff9b::a00:1'],
  ])('%j is none', (given) => {
    expect(normalNetwork(given)).toBeNull()
    const definition = { url: 'https://a.example/', allowedNetworks: [given] }
    expect(remoteServerSchema.safeParse(definition).success).toBe(false)
  })

  it('holds its own addresses of its own family', () => {
    expect(holds('10.1.0.0/16', '10.1.255.255')).toBe(true)
    expect(holds('10.1.0.0/16', '10.2.0.0')).toBe(false)
    expect(holds('10.1.0.0/16', '::ffff:10.1.0.1')).toBe(false)
    expect(holds('fd00::/8', 'fd12::1')).toBe(true)
    expect(holds('fd00::/8', '10.1.0.1')).toBe(false)
  })

  it('lies inside another, or not', () => {
    expect(isInside('10.1.0.0/16', '10.0.0.0/8')).toBe(true)
    expect(isInside('10.0.0.0/8', '10.1.0.0/16')).toBe(false)
    expect(isInside('10.1.0.0/16', 'fd00::/8')).toBe(false)
    expect([reachOfNetwork('127.0.0.0/8'), reachOfNetwork('fd12::/32')]).toEqual([
      'loopback',
      'private',
    ])
  })
})

describe('a server with allowed networks', () => {
  const policy = urlPolicyOf({
    url: 'https://mcp.vendor.example/mcp',
    auth: 'oauth',
    allowedNetworks: ['10.1.0.0/16', 'fd00::/8', '127.0.0.5/32'],
  })
  const passes = (url: string) => {
    try {
      return checkUrl(url, 'token_endpoint', policy).href === url
    } catch {
      return false
    }
  }

  it('may name addresses in them, and private names', () => {
    for (const host of ['10.1.2.3', '[fd12::1]', 'idp.corp.internal', 'localhost', '127.0.0.5'])
      expect([host, passes(`https://${host}/token`)]).toEqual([host, true])
  })

  it('may name no other address, and no metadata service inside of them', () => {
    const hosts = ['10.2.0.1', '192.168.0.1', '127.0.0.1', '[::1]', '[fd00:ec2::254]']
    for (const host of [...hosts, '169.254.169.254', 'metadata.google.internal'])
      expect([host, passes(`https://${host}/token`)]).toEqual([host, false])
  })

  it('still speaks http on this machine only', () => {
    expect(passes('http://127.0.0.5:4000/token')).toBe(true)
    expect(passes('http://10.1.2.3/token')).toBe(false)
  })

  it('may name no private name where only loopback is listed, and the other way round', () => {
    const only = (network: string) => (url: string) => () =>
      checkUrl(url, 'token_endpoint', {
        serverUrl: 'https://mcp.vendor.example/mcp',
        allowPrivateNetwork: [network],
      })
    expect(only('127.0.0.0/8')('https://idp.corp.internal/')).toThrow('private network')
    expect(only('10.0.0.0/8')('https://localhost/')).toThrow('this machine')
  })

  it('was every private network in the older form', () => {
    const older = urlPolicyOf({
      url: 'https://a.example/',
      auth: 'oauth',
      allowPrivateNetwork: true,
    })
    expect(older.allowPrivateNetwork).toEqual([
      ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
    ])
  })
})
