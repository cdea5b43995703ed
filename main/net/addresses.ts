import ipaddr from 'ipaddr.js'

/**
 * What an address or a host name reaches. `forbidden` is never dialled, whatever the user allows: unspecified,
 * link-local (cloud metadata), multicast, documentation, tunnels that hide another address, and the metadata services
 * that live outside link-local.
 */
export type Reach = 'public' | 'private' | 'loopback' | 'forbidden'

const globalIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/** Metadata and host-control services that share a range with ordinary hosts. */
const metadataAddresses = new Set(
  [
    '100.100.100.200', // Alibaba
    '168.63.129.16', // Azure
    '192.0.0.192', // Oracle
    'fd00:ec2::23', // Amazon EKS
    'fd00:ec2::254', // Amazon EC2
    'fd20:ce::254', // Google
  ].map((address) => ipaddr.parse(address).toString()),
)

const reachOfRange: Readonly<Record<string, Reach>> = {
  unicast: 'public',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
}

/** True for an address in plain notation: four decimal parts, or IPv6 without brackets. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}

/** @param text an address as {@link isAddress} knows it; anything else is `forbidden` */
export function reachOfAddress(text: string): Reach {
  if (!isAddress(text)) return 'forbidden'
  const address = ipaddr.parse(text)
  if (metadataAddresses.has(address.toString())) return 'forbidden'
  if (address instanceof ipaddr.IPv6) return reachOfIpv6(address)
  return reachOfRange[address.range()] ?? 'forbidden'
}

function reachOfIpv6(address: ipaddr.IPv6): Reach {
  // Networks without IPv4 answer with these for every IPv4-only host (RFC 6147): what counts is the host inside.
  if (address.match(nat64)) return reachOfAddress(embeddedIpv4(address))
  const reach = reachOfRange[address.range()] ?? 'forbidden'
  // ipaddr.js calls every range that it has no name for `unicast`; only 2000::/3 has ever been given out (RFC 4291 §4).
  return reach === 'public' && !address.match(globalIpv6) ? 'forbidden' : reach
}

const embeddedIpv4 = (address: ipaddr.IPv6) =>
  ipaddr.fromByteArray(address.toByteArray().slice(-4)).toString()
