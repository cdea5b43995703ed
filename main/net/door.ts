import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { isAddress } from './addresses.ts'
import { guardedLookup, guardTarget, type Lookup, proxyLookup, route } from './guard.ts'
import { reachOfHost, type UrlPolicy } from './hosts.ts'
import { isBypassed, type WebProxy } from './proxy.ts'
import { once, verified, watchHandshake } from './tls.ts'
import { openTunnel } from './tunnel.ts'

/** Milliseconds, for each of: a connection with its handshake, and the proxy's answer. */
const connectTimeout = 10_000

export type Target = buildConnector.Options

/**
 * Opens connections for one policy: directly, to an address that was judged, or through the proxy, by name. Whatever is
 * on this machine or in a private network never goes through the proxy (docs/adr/011-proxies.md).
 * @returns what rejects with WarderError `net.*` or an error of the socket
 */
export function createDoor(
  policy: UrlPolicy,
  options: {
    readonly lookup: Lookup
    readonly connector: typeof buildConnector
    readonly proxy: () => WebProxy | null
  },
): (target: Target) => Promise<Socket> {
  const { lookup, connector } = options
  const common = { lookup: guardedLookup(lookup, policy), timeout: connectTimeout }
  const plain = connector(common)
  const secure = once(() => connector({ ...common, ...verified() }))

  async function throughProxy(proxy: WebProxy, target: Target): Promise<Socket> {
    const tunnel = await openTunnel(proxy, target, {
      lookup: proxyLookup(lookup),
      timeoutMs: connectTimeout,
    })
    try {
      return await connected(secure(), { ...target, httpSocket: tunnel })
    } catch (error) {
      tunnel.destroy()
      throw error
    }
  }

  /** The proxy, where this target is one for it. */
  async function proxyFor({ protocol, hostname, port }: Target): Promise<WebProxy | null> {
    if (protocol !== 'https:' || reachOfHost(hostname.replace(/^\[|\]$/g, '')) !== 'public')
      return null
    const proxy = options.proxy()
    if (proxy === null || isBypassed(proxy.bypass, hostname, port)) return null
    // A literal was judged already, and no resolver is asked about it.
    if (isAddress(hostname.replace(/^\[|\]$/g, ''))) return proxy
    return (await route(lookup, hostname, policy)) === 'proxy' ? proxy : null
  }

  return async (target) => {
    guardTarget(target, policy)
    const proxy = await proxyFor(target)
    if (proxy !== null) return throughProxy(proxy, target)
    return connected(target.protocol === 'https:' ? secure() : plain, target)
  }
}

function connected(connect: buildConnector.connector, target: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let explain: ReturnType<typeof watchHandshake> = () => null
    const socket: unknown = connect(target, (error, opened) => {
      if (error === null) resolve(opened)
      else reject(explain(error) ?? error)
    })
    explain = watchHandshake(socket, target.hostname)
  })
}
