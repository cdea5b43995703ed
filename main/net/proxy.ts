import { WarderError } from '../errors.ts'
import { isAddress } from './addresses.ts'
import { reachOfHost } from './hosts.ts'
import { holds } from './networks.ts'

/** The proxy of the user's organisation: what stands between this machine and the internet (docs/adr/011-proxies.md). */
export interface WebProxy {
  /** Without credentials. */
  readonly url: URL
  /** Hosts that are dialled directly, as `NO_PROXY` writes them. */
  readonly bypass: readonly string[]
  /** The value of `Proxy-Authorization` (RFC 7617), or null. Asked for at each tunnel. @throws WarderError `secret.*`, `vault.*` */
  authorization(): Promise<string | null>
}

/**
 * The proxy that the environment names: `HTTPS_PROXY`, else `HTTP_PROXY` (every request that leaves this machine is
 * https), in capitals or not; `NO_PROXY` for exceptions. `ALL_PROXY` is not read: it is mostly for SOCKS.
 * @param remember is told the password, so that it is masked wherever it turns up
 * @throws WarderError `net.proxy_invalid`
 */
export function proxyOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  remember: (password: string) => void = () => {},
): WebProxy | null {
  const [https, http, no] = ['https_proxy', 'http_proxy', 'no_proxy'].map(
    (name) => env[name] ?? env[name.toUpperCase()],
  )
  const text = https ?? http ?? ''
  if (text === '') return null
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || !isProxyUrl(url)) throw invalid()
  const authorization = credentialsIn(url, remember)
  url.username = ''
  url.password = ''
  return {
    url,
    bypass: (no ?? '').split(/[\s,]+/).filter(Boolean),
    authorization: async () => authorization,
  }
}

function credentialsIn(url: URL, remember: (password: string) => void): string | null {
  if (url.username === '' && url.password === '') return null
  try {
    const [username, password] = [url.username, url.password].map(decodeURIComponent)
    const value = basic(username ?? '', password ?? '')
    // The pair in its encoding is as good as the password.
    for (const secret of [password, value.slice('Basic '.length)]) if (secret) remember(secret)
    return value
  } catch {
    throw invalid()
  }
}

/** As a setting: nothing but the origin, so that no password is in it. */
export function isProxyText(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && !text.includes('@') && isProxyUrl(url)
}

/** RFC 7617 §2. */
export const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** An http or https proxy by its origin, at an address that may be dialled at all; it may well be a private one. */
function isProxyUrl({ protocol, hostname, pathname, search, hash }: URL): boolean {
  return (
    (protocol === 'http:' || protocol === 'https:') &&
    pathname === '/' &&
    `${search}${hash}` === '' &&
    reachOfHost(hostname) !== 'forbidden'
  )
}

/**
 * Does `NO_PROXY` name this host? `*` names all; `example.com`, `.example.com` and `*.example.com` a domain with what is
 * below it; an address itself; `10.0.0.0/8` the addresses in it; `:PORT` behind any of them that port only.
 */
export function isBypassed(bypass: readonly string[], hostname: string, port: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return bypass.some((entry) => {
    const { name, port: only } = splitPort(entry.toLowerCase())
    if (only !== undefined && only !== (port || '443')) return false
    if (name === '*') return true
    if (isAddress(host)) return name === host || (name.includes('/') && holds(name, host))
    const domain = name.replace(/^\*?\./, '')
    return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
  })
}

function splitPort(entry: string): { name: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry)
  const plain = /^([^:]*)(?::(\d+))?$/.exec(entry)
  const [, name = entry, port] = bracketed ?? plain ?? []
  return { name, port }
}

const invalid = () =>
  new WarderError(
    'net.proxy_invalid',
    'The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) is not written as http://HOST:PORT or https://HOST:PORT.',
  )
