import { checkUrl, type UrlPolicy } from './url-policy.ts'

/** A URL that may be opened: `url` is handed to the Browser port as one argument, `host` is what the user is shown. */
export interface BrowserUrl {
  /**
   * What was checked, in ASCII: byte for byte as its server wrote it, but for the four differences that `checkUrl` lets
   * through (a host in lower case and A-labels, no default port, `/` for an empty path). Launchers and browsers would
   * each make those themselves; so none is left to make.
   */
  readonly url: string
  /** In A-labels, with the port where it is not the default one: what a person reads cannot be a look-alike. */
  readonly host: string
}

/**
 * Checks a URL that is opened as it stands (a provider's own page, a finished authorization request).
 * @throws WarderError `net.url_refused`
 */
export function checkBrowserUrl(raw: string, policy: UrlPolicy): BrowserUrl {
  const { href, host } = checkUrl(raw, 'browser_url', policy)
  return { url: href, host }
}

/**
 * The authorization request: the endpoint as its server wrote it, its own query kept (RFC 6749 §3.1), our parameters
 * behind it. Adding them with `URL.searchParams` instead would re-encode the server's part.
 * @throws WarderError `net.url_refused`
 */
export function authorizationUrl(
  endpoint: string,
  parameters: URLSearchParams | Readonly<Record<string, string>>,
  policy: UrlPolicy,
): BrowserUrl {
  const { href } = checkUrl(endpoint, 'authorization_endpoint', policy)
  return checkBrowserUrl(href + joint(href) + new URLSearchParams(parameters), policy)
}

function joint(endpoint: string): '?' | '&' | '' {
  if (!endpoint.includes('?')) return '?'
  return /[?&]$/.test(endpoint) ? '' : '&'
}
