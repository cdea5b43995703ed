import ipaddr from 'ipaddr.js'
import { isAddress, type Reach, reachOfAddress } from './addresses.ts'

/** Networks that a person opens for one server: `10.1.0.0/16`, `fd00::/8`, `127.0.0.1/32`. */

type Parsed = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** What Warder dials only where a person listed it, each by the reach that it unlocks (RFC 1918, 6598, 4193, 1122, 4291). */
const listable: readonly (readonly [Reach, string])[] = [
  ['private', '10.0.0.0/8'],
  ['private', '172.16.0.0/12'],
  ['private', '192.168.0.0/16'],
  ['private', '100.64.0.0/10'],
  ['private', 'fc00::/7'],
  ['loopback', '127.0.0.0/8'],
  ['loopback', '::1/128'],
]

/** What `allowPrivateNetwork: true` stands for. */
export const everyPrivateNetwork: readonly string[] = listable.flatMap(([reach, network]) =>
  reach === 'private' ? [network] : [],
)

/**
 * The one spelling of a network: its first address and its length. A single address is the network of itself.
 * @returns null for what is no network of this machine or of a private range, whole or in part: the public internet
 * needs no leave, and link-local and metadata addresses get none
 */
export function normalNetwork(text: string): string | null {
  const network = parse(text)
  if (network === null) return null
  const [address, length] = network
  const spelling = `${firstAddress(address, length)}/${length}`
  const one = length === (address.kind() === 'ipv4' ? 32 : 128)
  if (one && reachOfAddress(address.toString()) === 'forbidden') return null
  return listable.some(([, range]) => isInside(spelling, range)) ? spelling : null
}

/** @param network as {@link normalNetwork} gives it @param address in plain notation */
export function holds(network: string, address: string): boolean {
  const [range, ip] = [parse(network), isAddress(address) ? ipaddr.parse(address) : null]
  if (range === null || ip === null || range[0].kind() !== ip.kind()) return false
  return ip.match([range[0], range[1]])
}

/** What a listed network unlocks. */
export function reachOfNetwork(network: string): Reach {
  return listable.find(([, range]) => isInside(network, range))?.[0] ?? 'forbidden'
}

/** Is every address of `inner` one of `outer`? Both normal. */
export function isInside(inner: string, outer: string): boolean {
  const length = (network: string) => Number(network.slice(network.indexOf('/') + 1))
  return length(inner) >= length(outer) && holds(outer, inner.slice(0, inner.indexOf('/')))
}

/** Strict notation: four decimal parts or IPv6, no zone, a plain length. */
function parse(text: string): Parsed | null {
  const [address = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || address.includes('%') || !isAddress(address)) return null
  if (length !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return null
  const ip = ipaddr.parse(address)
  const most = ip.kind() === 'ipv4' ? 32 : 128
  const bits = length === undefined ? most : Number(length)
  return bits > most ? null : [ip, bits]
}

function firstAddress(address: Parsed[0], length: number): string {
  const cidr = `${address.toString()}/${length}`
  const first =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr)
  return first.toString()
}
