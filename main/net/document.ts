import { isWarderError, WarderError } from '../errors.ts'
import type { Fetch } from './dialer.ts'
import { parseJsonLimited, readTextLimited } from './limits.ts'
import { fieldRules } from './url-fields.ts'
import { checkUrl, type UrlField, type UrlPolicy } from './url-policy.ts'

export interface FetchedDocument {
  /** Where it was found, after redirects. */
  readonly url: string
  readonly status: number
  readonly headers: Headers
  /** undefined where the answer is not 2xx or not JSON. */
  readonly json: unknown
}

export interface DocumentLimits {
  readonly maxHops: number
  /** For all hops together, bodies included. */
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly maxDepth: number
}

const metadataLimits: DocumentLimits = {
  maxHops: 4,
  timeoutMs: 10_000,
  maxBytes: 256 * 1024,
  maxDepth: 32,
}

/**
 * Fetches a metadata document with GET. A redirect is followed where the field is a document, each hop checked and
 * dialled as if it had been named in the first place, never from https to http and never in a circle.
 * @throws WarderError `net.url_refused`, `net.address_refused`, `net.unreachable` (slow too), `net.too_large`
 */
export async function fetchDocument(
  fetch: Fetch,
  url: string,
  field: UrlField,
  policy: UrlPolicy,
  limits: DocumentLimits = metadataLimits,
): Promise<FetchedDocument> {
  const { response, at } = await followed(fetch, url, field, policy, {
    accept: 'application/json',
    ...limits,
  })
  return await read(response, at, limits)
}

/**
 * The answer behind the redirects of a GET, each checked and dialled like the first; its body is not read yet.
 * @throws WarderError as {@link fetchDocument}
 */
export async function followed(
  fetch: Fetch,
  url: string,
  field: UrlField,
  policy: UrlPolicy,
  {
    accept,
    maxHops,
    timeoutMs,
  }: Pick<DocumentLimits, 'maxHops' | 'timeoutMs'> & { accept: string },
): Promise<{ readonly response: Response; readonly at: string }> {
  const signal = AbortSignal.timeout(timeoutMs)
  const visited = [url]
  for (let at = url; ; ) {
    checkUrl(at, field, policy)
    const response = await fetch(at, { headers: { accept }, signal })
    const target = redirectTarget(response, at)
    if (target === undefined) return { response, at }
    await response.body?.cancel()
    checkHop(visited, target, field, maxHops)
    visited.push(target)
    at = target
  }
}

const redirectStatuses = new Set([301, 302, 303, 307, 308])

/** An absolute URL as it was written, or a path at the same origin; anything between the two is for parsers to disagree on. */
function redirectTarget(response: Response, from: string): string | undefined {
  const location = response.headers.get('location')
  if (location === null || !redirectStatuses.has(response.status)) return undefined
  return /^\/(?![/\\])/.test(location) ? new URL(from).origin + location : location
}

function checkHop(
  visited: readonly string[],
  target: string,
  field: UrlField,
  maxHops: number,
): void {
  const secure = visited.every((url) => new URL(url).protocol === 'https:')
  if (!fieldRules[field].redirects) throw refusedRedirect('is not followed')
  if (visited.length > maxHops) throw refusedRedirect('is one too many')
  if (visited.includes(target)) throw refusedRedirect('leads in a circle')
  if (secure && !/^https:/i.test(target)) throw refusedRedirect('leaves https')
}

const refusedRedirect = (why: string) =>
  new WarderError('net.url_refused', `A redirect ${why}, so nothing was read.`, {
    details: { rule: 'redirect' },
  })

async function read(
  response: Response,
  url: string,
  limits: DocumentLimits,
): Promise<FetchedDocument> {
  const { status, headers, ok } = response
  if (ok) return { url, status, headers, json: await readJson(response, limits) }
  await response.body?.cancel()
  return { url, status, headers, json: undefined }
}

async function readJson(response: Response, limits: DocumentLimits): Promise<unknown> {
  try {
    return parseJsonLimited(await readTextLimited(response, limits.maxBytes), limits)
  } catch (error) {
    if (isWarderError(error, 'net.malformed')) return undefined
    throw error
  }
}
