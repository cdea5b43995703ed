import { isAddress, type Reach, reachOfAddress } from './addresses.ts'
import { holds, reachOfNetwork } from './networks.ts'

/** What the user said about one MCP server: it decides which hosts that server may send us to. */
export interface UrlPolicy {
  /** The MCP server as the user configured it. A loopback host here unlocks loopback, and http there. */
  readonly serverUrl: string
  /**
   * true: every private network (never loopback); a list: only these, each a network (`10.1.0.0/16`, which may be one of
   * loopback) or a single host as it stands in a URL.
   */
  readonly allowPrivateNetwork?: boolean | readonly string[] | undefined
}

/**
 * Top-level names that no public resolver answers for: mDNS (RFC 6762, with the habits its appendix G lists), the
 * reserved `.internal`, and home networks (RFC 8375).
 */
const privateSuffixes = [
  'local',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'home.arpa',
  'lan',
]

const metadataNames = new Set([
  'instance-data',
  'metadata',
  'metadata.azure.internal',
  'metadata.google.internal',
  'metadata.tencentyun.com',
])

const endsIn = (name: string, suffix: string) => name === suffix || name.endsWith(`.${suffix}`)

const withoutBrackets = (host: string) => (host.startsWith('[') ? host.slice(1, -1) : host)

/** What a host stands for by its spelling alone. @param host as `URL.hostname` gives it */
export function reachOfHost(host: string): Reach {
  const literal = withoutBrackets(host)
  if (isAddress(literal)) return reachOfAddress(literal)
  const name = host.toLowerCase()
  if (endsIn(name, 'localhost')) return 'loopback'
  if (metadataNames.has(name)) return 'forbidden'
  if (!name.includes('.') || privateSuffixes.some((suffix) => endsIn(name, suffix)))
    return 'private'
  return 'public'
}

/** True where the user configured an MCP server on this machine. */
export function servesLoopback(policy: UrlPolicy): boolean {
  return (
    URL.canParse(policy.serverUrl) && reachOfHost(new URL(policy.serverUrl).hostname) === 'loopback'
  )
}

/** True where anything on this machine may be named. */
export const reachesLoopback = (policy: UrlPolicy) => mayName('localhost', policy)

/** May this server send us to `host`? Its addresses are another question: {@link mayDial}. */
export function mayName(host: string, policy: UrlPolicy): boolean {
  const literal = withoutBrackets(host)
  if (isAddress(literal)) return permits(literal, host, policy)
  const reach = reachOfHost(host)
  // Which address the name has is asked later; here it must only be of a kind that was allowed at all.
  const kindAllowed = (network: string) => reachOfNetwork(network) === reach
  return (
    isFree(reach, policy) || (reach !== 'forbidden' && allows(policy, reach, host, kindAllowed))
  )
}

/**
 * May we connect to `address` when we meant `host`? A name of the internet that leads to this machine is refused even
 * where loopback is unlocked (DNS rebinding), and so is a loopback name that leads away from it.
 */
export function mayDial(host: string, address: string, policy: UrlPolicy): boolean {
  const reach = reachOfAddress(address)
  const loopbackAgrees = (reach === 'loopback') === (reachOfHost(host) === 'loopback')
  return loopbackAgrees && mayName(host, policy) && permits(address, host, policy)
}

function permits(address: string, host: string, policy: UrlPolicy): boolean {
  const reach = reachOfAddress(address)
  if (isFree(reach, policy)) return true
  return reach !== 'forbidden' && allows(policy, reach, host, (network) => holds(network, address))
}

/** What needs no network to be allowed. */
const isFree = (reach: Reach, policy: UrlPolicy) =>
  reach === 'public' || (reach === 'loopback' && servesLoopback(policy))

function allows(
  { allowPrivateNetwork = false }: UrlPolicy,
  reach: Reach,
  host: string,
  inNetwork: (network: string) => boolean,
): boolean {
  if (typeof allowPrivateNetwork === 'boolean') return allowPrivateNetwork && reach === 'private'
  return allowPrivateNetwork.some((allowed) =>
    allowed.includes('/') ? inNetwork(allowed) : reach === 'private' && isSameHost(allowed, host),
  )
}

const isSameHost = (a: string, b: string) =>
  withoutBrackets(a.toLowerCase()) === withoutBrackets(b.toLowerCase())
