import type { LookupAddress, LookupOptions } from 'node:dns'
import { promises as dns } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { WarderError } from '../errors.ts'
import { isAddress, reachOfAddress } from './addresses.ts'
import { mayDial, reachOfHost, type UrlPolicy } from './hosts.ts'

/** Asks the resolver once. The seam for tests; in production the operating system's own resolver. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true })

/**
 * Refuses what must not be connected to before a socket exists: http that leaves this machine, and addresses written
 * into the URL, which no resolver is ever asked about.
 * @throws WarderError `net.address_refused`
 */
export function guardTarget(
  { protocol, hostname }: { readonly protocol: string; readonly hostname: string },
  policy: UrlPolicy,
): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (protocol !== 'https:' && reachOfHost(host) !== 'loopback') throw refused()
  if (isAddress(host) && !mayDial(host, host, policy)) throw refused()
}

/**
 * A `lookup` for sockets that resolves once, passes every answer through the policy, and hands those same answers to
 * the socket: nothing resolves again between the check and the connection (DNS rebinding). One refused answer refuses
 * them all, since the socket would try the others next.
 */
export function guardedLookup(lookup: Lookup, policy: UrlPolicy): LookupFunction {
  return (hostname, options, callback) => {
    resolveGuarded(lookup, hostname, options, policy).then(
      (addresses) => answer(addresses, options, callback),
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}

async function resolveGuarded(
  lookup: Lookup,
  hostname: string,
  { family }: LookupOptions,
  policy: UrlPolicy,
): Promise<readonly LookupAddress[]> {
  const addresses = await lookup(hostname)
  if (!addresses.every(({ address }) => mayDial(hostname, address, policy))) throw refused()
  const wanted = addresses.filter((one) => !family || `IPv${one.family}` === `IPv${family}`)
  if (wanted.length === 0) throw new WarderError('net.unreachable', 'The host has no address.')
  return wanted
}

/** Milliseconds that the resolver of this machine has before a name counts as one that only the proxy knows. */
const localPatience = 3_000

/**
 * Where a host of the internet is to be met when there is a proxy. What this machine can resolve is judged as ever: one
 * refused address refuses all, and one of an allowed private network is dialled directly. A name that it cannot resolve
 * is left to the proxy, which is all there is where only the proxy has a resolver of the internet.
 * @throws WarderError `net.address_refused`
 */
export async function route(
  lookup: Lookup,
  hostname: string,
  policy: UrlPolicy,
): Promise<'direct' | 'proxy'> {
  const addresses = await patiently(lookup(hostname))
  if (!addresses.every(({ address }) => mayDial(hostname, address, policy))) throw refused()
  return addresses.some(({ address }) => reachOfAddress(address) !== 'public') ? 'direct' : 'proxy'
}

async function patiently(asked: ReturnType<Lookup>): Promise<Awaited<ReturnType<Lookup>>> {
  const { promise: patience, resolve } = Promise.withResolvers<readonly LookupAddress[]>()
  const timer = setTimeout(resolve, localPatience, [])
  try {
    return await Promise.race([asked.catch(() => []), patience])
  } finally {
    clearTimeout(timer)
  }
}

/** A `lookup` for the connection to the proxy, which a person chose: private is fine, link-local and metadata never. */
export function proxyLookup(lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) =>
        addresses.every(({ address }) => reachOfAddress(address) !== 'forbidden')
          ? answer(addresses, options, callback)
          : callback(refused(), []),
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}

function answer(
  addresses: readonly LookupAddress[],
  { all }: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses
  if (all || first === undefined) callback(null, [...addresses])
  else callback(null, first.address, first.family)
}

const refused = () =>
  new WarderError(
    'net.address_refused',
    'The connection was refused: it would lead into this machine or a network that this server may not send us to.',
  )
