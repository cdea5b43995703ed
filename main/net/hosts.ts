import { isAddress, type Reach, reachOfAddress } from './addresses.ts'

/** What the user said about one MCP server: it decides which hosts that server may send us to. */
export interface UrlPolicy {
  /** The MCP server as the user configured it. A loopback host here unlocks loopback, and http there. */
  readonly serverUrl: string
  /** true: hosts in the user's own network too; a list: only those hosts of it, as they stand in a URL. */
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

/** May this server send us to `host`? Its addresses are another question: {@link mayDial}. */
export function mayName(host: string, policy: UrlPolicy): boolean {
  return permits(reachOfHost(host), host, policy)
}

/**
 * May we connect to `address` when we meant `host`? A name of the internet that leads to this machine is refused even
 * where loopback is unlocked (DNS rebinding), and so is a loopback name that leads away from it.
 */
export function mayDial(host: string, address: string, policy: UrlPolicy): boolean {
  const reach = reachOfAddress(address)
  const loopbackAgrees = (reach === 'loopback') === (reachOfHost(host) === 'loopback')
  return loopbackAgrees && mayName(host, policy) && permits(reach, host, policy)
}

function permits(reach: Reach, host: string, policy: UrlPolicy): boolean {
  if (reach === 'public') return true
  if (reach === 'loopback') return servesLoopback(policy)
  return reach === 'private' && allowsPrivate(host, policy)
}

function allowsPrivate(host: string, { allowPrivateNetwork = false }: UrlPolicy): boolean {
  if (typeof allowPrivateNetwork === 'boolean') return allowPrivateNetwork
  return allowPrivateNetwork.some(
    (allowed) => withoutBrackets(allowed.toLowerCase()) === withoutBrackets(host.toLowerCase()),
  )
}
