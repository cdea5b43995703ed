import { checkUrl, type UrlPolicy } from './url-policy.ts'

/** A URL that may be opened: `url` is handed to the Browser port byte for byte, `host` is what the user is shown. */
export interface BrowserUrl {
  readonly url: string
  /** In A-labels, with the port where it is not the default one: what a person reads cannot be a look-alike. */
  readonly host: string
}

/**
 * Checks a URL that is opened as it stands (a provider's own page, a finished authorization request).
 * @throws WarderError `net.url_refused`
 */
export function checkBrowserUrl(raw: string, policy: UrlPolicy): BrowserUrl {
  return { url: raw, host: checkUrl(raw, 'browser_url', policy).host }
}

/**
 * The authorization request: the endpoint exactly as its server wrote it, its own query kept (RFC 6749 §3.1), our
 * parameters behind it. Building it with `URL.searchParams` instead would re-encode the server's part.
 * @throws WarderError `net.url_refused`
 */
export function authorizationUrl(
  endpoint: string,
  parameters: URLSearchParams | Readonly<Record<string, string>>,
  policy: UrlPolicy,
): BrowserUrl {
  checkUrl(endpoint, 'authorization_endpoint', policy)
  return checkBrowserUrl(endpoint + joint(endpoint) + new URLSearchParams(parameters), policy)
}

function joint(endpoint: string): '?' | '&' | '' {
  if (!endpoint.includes('?')) return '?'
  return /[?&]$/.test(endpoint) ? '' : '&'
}
