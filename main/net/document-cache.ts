import type { Fetch } from './dialer.ts'
import { type FetchedDocument, fetchDocument } from './document.ts'
import type { UrlField } from './url-fields.ts'
import type { UrlPolicy } from './url-policy.ts'

/** The first four arguments of {@link fetchDocument}, its answer and its errors. */
export type DocumentReader = (
  fetch: Fetch,
  url: string,
  field: UrlField,
  policy: UrlPolicy,
) => Promise<FetchedDocument>

/**
 * Metadata documents in memory (RFC 9111), each for one URL and the policy of one server: what one server led us to is
 * never shown to another one. Failures, redirects and what is not JSON are not kept.
 */
export interface DocumentCache {
  /** From memory while its publisher says that it is fresh, else {@link asked}. */
  readonly kept: DocumentReader
  /** Asks the publisher every time, if only whether the document has changed (RFC 9110 §13.1.2). */
  readonly asked: DocumentReader
  /** Whatever was kept for this policy is asked for anew. */
  forget(policy: UrlPolicy): void
}

export interface DocumentCacheOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds on a clock that nobody can set, and that stands still while the machine sleeps. */
  readonly monotonic: () => number
  /** Of all documents together, as text. */
  readonly maxBytes?: number
}

interface Entry {
  readonly policy: string
  /** Text, so that nobody who was given the document can change it for others. */
  readonly text: string
  readonly etag: string | null
  readonly wall: number
  readonly awake: number
  readonly lifeMs: number
}

const DAY_MS = 86_400_000
const MOST_BYTES = 4 * 1024 * 1024

export function createDocumentCache(options: DocumentCacheOptions): DocumentCache {
  const { clock, monotonic, maxBytes = MOST_BYTES } = options
  /** Oldest use first. */
  const entries = new Map<string, Entry>()

  function isFresh({ wall, awake, lifeMs }: Entry): boolean {
    const past = clock() - wall
    return past >= 0 && Math.max(past, monotonic() - awake) < lifeMs
  }

  async function asked(
    fetch: Fetch,
    url: string,
    field: UrlField,
    policy: UrlPolicy,
  ): Promise<FetchedDocument> {
    const key = keyOf(url, field, policy)
    const entry = entries.get(key)
    const etag = entry?.etag ?? null
    entries.delete(key)
    const document = await fetchDocument(asking(fetch, url, etag), url, field, policy)
    const same = entry !== undefined && etag !== null && document.status === 304
    if (!same) return keep(key, document, url, policy)
    // RFC 9111 §4.3.4: what the 304 says of freshness takes the place of what was said before.
    const headers = new Headers(document.headers)
    if (!headers.has('etag')) headers.set('etag', etag)
    const known = { url, status: 200, headers, json: JSON.parse(entry.text) as unknown }
    return keep(key, known, url, policy)
  }

  function keep(
    key: string,
    document: FetchedDocument,
    url: string,
    policy: UrlPolicy,
  ): FetchedDocument {
    const { status, headers, json } = document
    if (status !== 200 || json === undefined || document.url !== url) return document
    const lifeMs = lifeOf(headers, clock())
    const etag = entityTag(headers)
    if (lifeMs === null || (lifeMs === 0 && etag === null)) return document
    const text = JSON.stringify(json)
    const [wall, awake] = [clock(), monotonic()]
    entries.delete(key)
    entries.set(key, { policy: policyKey(policy), text, etag, wall, awake, lifeMs })
    makeRoom()
    return document
  }

  function makeRoom(): void {
    let bytes = 0
    for (const [key, { text }] of [...entries].toReversed()) {
      bytes += 2 * (key.length + text.length)
      if (bytes > maxBytes) entries.delete(key)
    }
  }

  return {
    asked,
    async kept(fetch, url, field, policy) {
      const entry = entries.get(keyOf(url, field, policy))
      if (entry === undefined || !isFresh(entry)) return asked(fetch, url, field, policy)
      return { url, status: 200, headers: new Headers(), json: JSON.parse(entry.text) as unknown }
    },
    forget(policy) {
      for (const [key, entry] of entries)
        if (entry.policy === policyKey(policy)) entries.delete(key)
    },
  }
}

const policyKey = ({ serverUrl, allowPrivateNetwork = false }: UrlPolicy) =>
  JSON.stringify([serverUrl, allowPrivateNetwork])

const keyOf = (url: string, field: UrlField, policy: UrlPolicy) =>
  JSON.stringify([url, field, policyKey(policy)])

/** The tag goes to the address that gave it, and to none that a redirect names. */
function asking(fetch: Fetch, url: string, etag: string | null): Fetch {
  if (etag === null) return fetch
  return (at, init) => {
    const headers = new Headers(init?.headers)
    if (String(at) === url) headers.set('if-none-match', etag)
    return fetch(at, { ...init, headers })
  }
}

/** RFC 9110 §8.8.3; one that is long or odd is not sent back. */
function entityTag(headers: Headers): string | null {
  return /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/.exec(headers.get('etag') ?? '')?.[0] ?? null
}

/**
 * How long a document may be used unasked, in milliseconds: at most a day, and nothing where its publisher is silent
 * (RFC 9111 §4.2.1, without heuristics).
 *
 * @param now milliseconds since the epoch
 * @returns null where it must not be kept at all
 */
export function lifeOf(headers: Headers, now: number): number | null {
  const directives = directivesOf(headers.get('cache-control') ?? '')
  if (directives.has('no-store') || headers.get('vary')?.includes('*')) return null
  if (directives.has('no-cache')) return 0
  const said = directives.get('max-age')
  const life = said === undefined ? expiresIn(headers, now) : secondsOf(said)
  return Math.min(Math.max(0, life - secondsOf(headers.get('age') ?? '0')), DAY_MS)
}

/** A directive that is there twice counts as nonsense, which is stale (RFC 9111 §4.2.1). */
function directivesOf(field: string): Map<string, string> {
  const directives = new Map<string, string>()
  for (const part of field.split(',')) {
    const [name = '', ...value] = part.trim().split('=')
    const key = name.trim().toLowerCase()
    directives.set(key, directives.has(key) ? '' : value.join('=').trim())
  }
  return directives
}

/** Milliseconds; what is no number of seconds is none. */
function secondsOf(text: string): number {
  return Number(/^"?(\d{1,10})"?$/.exec(text)?.[1] ?? 0) * 1000
}

function expiresIn(headers: Headers, now: number): number {
  const expires = Date.parse(headers.get('expires') ?? '')
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(expires) ? 0 : expires - (Number.isNaN(date) ? now : date)
}
