import { isAddress } from './addresses.ts'
import { isPlainHostName, isSpellingOf } from './host-names.ts'
import { blockedPorts } from './ports.ts'

/** The spelling of a URL: does every program that reads it see the same one? Who may be reached is not asked here. */

export type SyntaxRule =
  | 'scheme'
  | 'userinfo'
  | 'host'
  | 'port'
  | 'characters'
  | 'encoding'
  | 'path'
  | 'fragment'
  | 'reading'

interface Parts {
  readonly host: string
  readonly port: string | undefined
  readonly path: string
  /** With its question mark, or empty. */
  readonly query: string
  readonly fragment: string | undefined
}

const absolute = /^https?:\/\/([^/?#\\]+)([^?#]*)(\?[^#]*)?(#.*)?$/is
const hostAndPort = /^(\[[^\]]*\]|[^:[\]]+)(?::(.*))?$/s

/** RFC 3986 §3.3 and §3.4, without `$`, and without the `'` that parsers rewrite in a query. */
const pathCharacters = /^[A-Za-z0-9\-._~%!&'()*+,;=:@/]*$/
const queryCharacters = /^[A-Za-z0-9\-._~%!&()*+,;=:@/?]*$/
/** What a person cannot see: control characters, line and paragraph separators, marks that turn text around. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/** @returns the first rule that is broken, or the parsed URL, which then reads like `raw` */
export function parsePlainUrl(raw: string): URL | SyntaxRule {
  const match = absolute.exec(raw)
  if (match === null) return 'scheme'
  const [, authority = '', path = '', query = '', fragment] = match
  if (authority.includes('@')) return 'userinfo'
  const [, host = '', port] = hostAndPort.exec(authority) ?? []
  const parts = { host, port, path, query, fragment }
  return brokenPart(parts) ?? parsedAlike(raw, parts)
}

function brokenPart({ host, port, path, query, fragment }: Parts): SyntaxRule | undefined {
  if (host === '') return 'host'
  if (port !== undefined && !isPlainPort(port)) return 'port'
  if (!pathCharacters.test(path) || !queryCharacters.test(query)) return 'characters'
  if (fragment !== undefined) return 'fragment'
  const [decodedPath, decodedQuery] = [decode(path), decode(query)]
  if (decodedPath === undefined || decodedQuery === undefined) return 'encoding'
  return hasDotSegment(decodedPath) ? 'path' : undefined
}

/** No leading zero, no empty port (RFC 3986 allows `host:`, parsers drop the colon). */
function isPlainPort(port: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535 && !blockedPorts.has(Number(port))
}

/** Percent-encoding must be UTF-8 and hide nothing: an encoded line break can split a header or a log line. */
function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text)
    return invisible.test(decoded) ? undefined : decoded
  } catch {
    return undefined
  }
}

/** Encoded ones count: what one program leaves alone another resolves. */
const hasDotSegment = (path: string) =>
  path.split(/[/\\]/).some((segment) => segment === '.' || segment === '..')

function parsedAlike(raw: string, { host, port, path, query }: Parts): URL | SyntaxRule {
  const url = URL.parse(raw)
  if (url === null) return 'host'
  const { hostname, pathname, search } = url
  if (!isSpellingOf(host, hostname)) return 'host'
  if (!isAddress(hostname.replace(/^\[|\]$/g, '')) && !isPlainHostName(hostname)) return 'host'
  const defaultPort = url.protocol === 'https:' ? '443' : '80'
  const alike =
    (url.port || defaultPort) === (port ?? defaultPort) &&
    pathname === (path || '/') &&
    search === (query === '?' ? '' : query)
  return alike ? url : 'reading'
}
