import type { IncomingMessage } from 'node:http'

/** What kind of request a path takes: a person's navigation, a file of the page, a call of the page, the login form. */
export type Purpose = 'page' | 'file' | 'api' | 'login'

/** The values of Sec-Fetch-Site with which our own page, or a person at the address bar, asks for each. */
const sites: Record<Purpose, readonly string[]> = {
  page: ['none', 'same-origin'],
  file: ['none', 'same-origin'],
  api: ['same-origin'],
  // The form lies in a file, which belongs to no site.
  login: ['none', 'same-origin', 'cross-site'],
}

/**
 * Keeps websites out, rebound names included: the Host is ours to the byte, so is an Origin where there is one, and
 * where the browser says who asks (Fetch Metadata), it was our page. Who the caller is gets settled after this.
 * @param host `127.0.0.1:PORT`
 */
export function comesFromOurPage(
  request: IncomingMessage,
  host: string,
  purpose: Purpose,
): boolean {
  if (only(request, 'host') !== host) return false
  const origin = only(request, 'origin')
  const fromFile = purpose === 'login' && origin === 'null'
  if (origin !== undefined && origin !== `http://${host}` && !fromFile) return false
  const site = only(request, 'sec-fetch-site')
  if (site !== undefined && !sites[purpose].includes(site)) return false
  return purpose !== 'login' || isNavigation(request)
}

/** A hidden frame or a fetch of some website must not even be counted as a failed login. */
function isNavigation(request: IncomingMessage): boolean {
  const mode = only(request, 'sec-fetch-mode')
  const destination = only(request, 'sec-fetch-dest')
  return (
    (mode === undefined || mode === 'navigate') &&
    (destination === undefined || destination === 'document')
  )
}

/** The bearer of an Authorization header (RFC 6750 §2.1), or undefined when there is none or more than one. */
export function bearerOf(request: IncomingMessage): string | undefined {
  const header = only(request, 'authorization') ?? ''
  return /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(header)?.[1]
}

/** A header that came once. Twice is as good as wrong: two readers could take different ones. */
function only(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name]
  if (values === undefined) return undefined
  return values.length === 1 ? values[0] : ''
}
