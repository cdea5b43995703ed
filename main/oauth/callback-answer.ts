import { createHash, timingSafeEqual } from 'node:crypto'

/** What a sign-in waits for. */
export interface ExpectedAnswer {
  readonly state: string
  readonly issuer: string
  /** `authorization_response_iss_parameter_supported` of the provider's metadata. */
  readonly issAdvertised: boolean
}

/** An authorization response that is genuine, or the status to refuse the request with. */
export type Verdict =
  | { readonly kind: 'code'; readonly parameters: URLSearchParams }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'refuse'; readonly status: 400 | 403 | 404 | 405; readonly why: Refusal }

export type Genuine = Exclude<Verdict, { kind: 'refuse' }>

/** Why a request is no answer to the sign-in, as far as a person at the browser can make use of it. */
export type Refusal = 'none' | 'state' | 'issuer'

export interface CallbackRequest {
  readonly method: string
  /** The request target as it came, undecoded. */
  readonly target: string
  readonly header: (name: string) => string | undefined
}

const refuse = (status: 400 | 403 | 404 | 405, why: Refusal = 'none'): Verdict => ({
  kind: 'refuse',
  status,
  why,
})

/**
 * Judges one request to the callback listener: first whether it is a redirect of a browser to this place at all.
 *
 * @param authority the exact `Host` of the redirect URI, port included
 */
export function judgeCallback(
  request: CallbackRequest,
  place: { readonly authority: string; readonly path: string },
  expected: ExpectedAnswer,
): Verdict {
  if (request.method !== 'GET') return refuse(405)
  if (request.header('host') !== place.authority) return refuse(403)
  const [path, query] = splitTarget(request.target)
  if (path !== place.path) return refuse(404)
  if (!isNavigation(request)) return refuse(403)
  return judgeAnswer(query, expected)
}

/**
 * Judges the query of a redirect, however it came here: to the listener, or pasted by a person. Nothing is believed
 * before `state` was compared, an error no more than a code; then `iss` decides (RFC 9207 §2.4, and the table in MCP
 * 2026-07-28, Authorization Response Validation).
 *
 * @param query undecoded, without its question mark
 */
export function judgeAnswer(query: string, expected: ExpectedAnswer): Verdict {
  const parameters = parseAnswer(query)
  if (parameters === null) return refuse(400)
  if (!sameState(parameters.get('state'), expected.state)) return refuse(400, 'state')
  if (!rightIssuer(parameters.get('iss'), expected)) return refuse(400, 'issuer')
  return judgeOutcome(parameters)
}

function judgeOutcome(parameters: ReadonlyMap<string, string>): Verdict {
  const code = parameters.get('code')
  const error = parameters.get('error')
  if (code !== undefined && error !== undefined) return refuse(400)
  if (error !== undefined) return error === '' ? refuse(400) : { kind: 'error', error }
  // RFC 6749 appendix A.11: code = 1*VSCHAR
  if (code === undefined || !/^[\x20-\x7e]{1,8192}$/.test(code)) return refuse(400)
  const genuine = ['code', 'state', 'iss'].flatMap((name) => {
    const value = parameters.get(name)
    return value === undefined ? [] : [[name, value]]
  })
  return { kind: 'code', parameters: new URLSearchParams(genuine) }
}

function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/**
 * A redirect is a top-level navigation. Where a browser says what kind of load it is (it always names the destination),
 * images, scripts, fetches and speculative loads are turned away: they must not use up the code.
 */
function isNavigation({ header }: CallbackRequest): boolean {
  if (header('sec-purpose') ?? header('purpose') ?? header('x-moz')) return false
  const destination = header('sec-fetch-dest')
  if (destination === undefined) return true
  return destination === 'document' && header('sec-fetch-mode') === 'navigate'
}

const known = new Set(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])

/**
 * Form-decodes the parameters we know; others are ignored (RFC 6749 §4.1.2). Null where one of ours occurs twice
 * (§3.1) or where the encoding is broken.
 */
function parseAnswer(query: string): Map<string, string> | null {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&')) {
    const mark = pair.indexOf('=')
    const name = formDecode(mark < 0 ? pair : pair.slice(0, mark))
    if (name === null) return null
    if (!known.has(name)) continue
    const value = formDecode(mark < 0 ? '' : pair.slice(mark + 1))
    if (value === null || parameters.has(name)) return null
    parameters.set(name, value)
  }
  return parameters
}

/** Null where an escape is cut off or the bytes are not UTF-8: `URLSearchParams` would invent characters there. */
function formDecode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

function sameState(given: string | undefined, expected: string): boolean {
  if (given === undefined) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function rightIssuer(given: string | undefined, expected: ExpectedAnswer): boolean {
  return given === undefined ? !expected.issAdvertised : given === expected.issuer
}
