import { WarderError } from '../errors.ts'
import { mayName, reachOfHost, type UrlPolicy } from './hosts.ts'
import { fieldRules, presetsOauthParameter, type UrlField } from './url-fields.ts'
import { parsePlainUrl } from './url-syntax.ts'

export type { UrlPolicy } from './hosts.ts'
export type { UrlField } from './url-fields.ts'

/** Longest URL of a document or a server, in UTF-16 code units. */
const maxLength = 2048
/** Longest URL to be opened, our parameters included; Windows itself opens no more than 2081. */
const maxBrowserLength = 8192

/**
 * What a broken rule says to the user. Nothing of the URL is quoted: it may hold control characters, or be a trap for
 * whoever reads the log.
 */
const sentences = {
  length: 'it is too long',
  scheme: 'it is not an absolute https URL',
  cleartext: 'it uses http, which is only for servers on this machine',
  userinfo: 'it has an @ before the host',
  host: 'it has a host name that programs do not read alike',
  port: 'it has a port that is not plainly written, or that browsers refuse',
  characters: 'it holds characters that do not belong there or that a shell would act on',
  encoding: 'its percent-encoding is malformed or hides control characters',
  path: 'its path is missing or has dot segments',
  fragment: 'it has a fragment',
  query: 'it has a query, which its standard forbids',
  parameters: 'it presets a parameter of the OAuth protocol',
  reading: 'it reads differently once it is parsed',
  forbidden: 'it leads to an address that Warder never dials',
  loopback: 'it leads to this machine, but the server it comes from is elsewhere',
  private: 'it leads into a private network that is not among the `allowedNetworks` of this server',
} as const

export type UrlRule = keyof typeof sentences

/**
 * Decides whether a URL from outside may be used. Parses and validates, never repairs: what passes serializes to what
 * was given, byte for byte. Four differences are let through, because no program takes them for another place: the
 * case of scheme and host, a U-label for its A-label, the default port written out, and an empty path for `/`
 * (RFC 3986 §6.2.2.1 and §6.2.3). Anything else that a parser would mend is refused.
 * @returns the parsed form; its `href` is what is dialled. Compare identifiers (RFC 8414 §3.3) by the string given
 * @throws WarderError `net.url_refused` with `details: { field, rule }`
 */
export function checkUrl(raw: string, field: UrlField, policy: UrlPolicy): URL {
  const result = judge(raw, field, policy)
  if (result instanceof URL) return result
  throw new WarderError(
    'net.url_refused',
    `The ${field} of ${describe(policy)} is refused: ${sentences[result]}.`,
    { details: { field, rule: result } },
  )
}

function judge(raw: string, field: UrlField, policy: UrlPolicy): URL | UrlRule {
  // Metadata is JSON from a stranger: where a URL should stand, anything may.
  if (typeof raw !== 'string') return 'scheme'
  if (raw.length > (field === 'browser_url' ? maxBrowserLength : maxLength)) return 'length'
  const url = parsePlainUrl(raw)
  if (!(url instanceof URL)) return url
  return brokenByField(raw, url, field) ?? brokenByHost(url, field, policy) ?? url
}

function brokenByField(raw: string, url: URL, field: UrlField): UrlRule | undefined {
  const { query, path } = fieldRules[field]
  if (query === 'none' && raw.includes('?')) return 'query'
  if (query === 'own' && presetsOauthParameter(url.search)) return 'parameters'
  if (path === 'required' && url.pathname === '/') return 'path'
  return undefined
}

function brokenByHost(url: URL, field: UrlField, policy: UrlPolicy): UrlRule | undefined {
  const reach = reachOfHost(url.hostname)
  if (reach !== 'public' && !mayName(url.hostname, policy)) return reach
  const cleartextAllowed = reach === 'loopback' && field !== 'client_id'
  return url.protocol === 'http:' && !cleartextAllowed ? 'cleartext' : undefined
}

/** The configured server by its host: that string is the user's own, and passed the parser. */
function describe(policy: UrlPolicy): string {
  return URL.parse(policy.serverUrl)?.host ?? 'the server'
}
