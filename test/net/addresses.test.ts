import { describe, expect, it } from 'vitest'
import { isAddress, reachOfAddress } from '../../main/net/addresses.ts'

describe('what an address reaches', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1:248:1893:25c8:1946', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['0.0.0.0', 'forbidden'],
    ['::', 'forbidden'],
    ['169.254.1.1', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['ff02::1', 'forbidden'],
    ['192.0.2.1', 'forbidden'],
    ['2001:db8::1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['240.0.0.1', 'forbidden'],
    // Never given out, whatever a table calls it (RFC 4291 §4).
    ['4000::1', 'forbidden'],
    ['1::1', 'forbidden'],
    // Tunnels and mappings that hide another address.
    ['::ffff:127.0.0.1', 'forbidden'],
    ['2002:7f00:1::', 'forbidden'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'forbidden'],
  ])('%s: %s', (address, reach) => {
    expect(reachOfAddress(address)).toBe(reach)
  })

  it.each([
    ['64:ff9b::5db8:d822', 'public'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::a00:1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
  ])('looks at the host inside of NAT64’s %s: %s (RFC 6147)', (address, reach) => {
    expect(reachOfAddress(address)).toBe(reach)
  })

  it.each([
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '169.254.169.254',
    'fd00:ec2::23',
    'fd00:ec2::254',
    'fd20:ce::254',
    'FD00:EC2:0:0:0:0:0:254',
  ])('never reaches the metadata service %s', (address) => {
    expect(reachOfAddress(address)).toBe('forbidden')
  })

  it('takes nothing else for an address', () => {
    for (const text of ['', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', '[::1]', '1.2.3.256'])
      expect([text, isAddress(text), reachOfAddress(text)]).toEqual([text, false, 'forbidden'])
    expect(isAddress('::1')).toBe(true)
    expect(isAddress('127.0.0.1')).toBe(true)
  })
})
