import { z } from 'zod'
import { isWarderError, WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentReader } from '../net/document-cache.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import { type TokenChallenge, tokenChallenge } from './challenge.ts'
import { agreedIssuers, type IssuerChoice, issuersToTry } from './choose-issuer.ts'
import { type DpopWish, dpopWish } from './dpop.ts'
import { fetchProvider, type KnownIssuer, type Provider } from './metadata.ts'
import { probe } from './probe.ts'
import { checkScopes, splitScope } from './scopes.ts'

const MOST_ISSUERS = 5

const resourceMetadata = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()).max(MOST_ISSUERS).nullish(),
  scopes_supported: z.array(z.string()).nullish(),
  dpop_bound_access_tokens_required: z.boolean().nullish(),
  dpop_signing_alg_values_supported: z.array(z.string()).nullish(),
})

/** What an MCP server told about how to sign in. */
export interface ResourceMetadata {
  /** The resource identifier for RFC 8707, as the server spells it. */
  readonly resource: string
  /** What the server lists and the profile allows, in the server's order; at least one. */
  readonly issuers: readonly string[]
  /** `scope` of the challenge, else `scopes_supported`, else none. */
  readonly scopes: readonly string[]
  readonly dpop: DpopWish
}

export interface Discovered {
  readonly resource: ResourceMetadata
  readonly provider: Provider
  /** Where a person could sign in instead. */
  readonly otherIssuers: readonly string[]
}

/** How documents are read, and who decides where several providers are named. */
export interface DiscoveryOptions {
  readonly read: DocumentReader
  readonly choice: IssuerChoice
}

/**
 * From the URL of an MCP server to the authorization server that guards it: challenge, protected resource metadata
 * (RFC 9728), authorization server metadata (RFC 8414, OpenID Connect Discovery).
 *
 * @throws WarderError `server.unreachable`, `oauth.resource_mismatch`, `oauth.metadata_invalid` and those of
 *   {@link issuersToTry} and {@link fetchProvider}
 */
export async function discover(
  fetch: Fetch,
  policy: UrlPolicy,
  profile: ProviderProfile & Pick<KnownIssuer, 'withoutRedirect'>,
  { read, choice }: DiscoveryOptions,
): Promise<Discovered> {
  const resource = await discoverResource(fetch, policy, profile, read)
  const found: Provider[] = []
  for (const issuer of issuersToTry(resource.issuers, profile, choice)) {
    const provider = await fetchProvider(fetch, issuer, policy, profile, read)
    found.push(provider)
    if (profile.clientId !== undefined || choice.canEnrol(provider)) break
  }
  // Where Warder can become a client of none, the first one says what to do about it.
  const suitable = found.findLast(choice.canEnrol) ?? found[0]
  if (suitable === undefined) throw namesNoProvider()
  const otherIssuers = resource.issuers.filter((one) => one !== suitable.issuer)
  return { resource, provider: suitable, otherIssuers }
}

async function discoverResource(
  fetch: Fetch,
  policy: UrlPolicy,
  profile: ProviderProfile,
  read: DocumentReader,
): Promise<ResourceMetadata> {
  checkUrl(policy.serverUrl, 'server_url', policy)
  const answer = await fromServer(policy, () => probe(fetch, policy.serverUrl))
  const challenge = answer.status === 401 ? tokenChallenge(answer.headers) : null
  const { document, seen, absent } = await fromServer(policy, () =>
    findResourceMetadata(fetch, challenge, policy, read),
  )
  if (document !== null) return checkResourceMetadata(document, challenge, policy, profile)
  // Who names the provider by hand need not be told it; all the rest is checked as ever.
  if (profile.issuer !== undefined)
    return checkResourceMetadata({ resource: policy.serverUrl }, challenge, policy, profile)
  if (answer.status === 401 && absent)
    return checkResourceMetadata(itsOwnProvider(policy), challenge, policy, profile)
  throw new WarderError(
    'oauth.metadata_invalid',
    `The server publishes no protected resource metadata (${seen.join('; ')}).`,
  )
}

/**
 * A server from before protected resource metadata is guarded by its own origin (MCP 2025-03-26, Server Metadata
 * Discovery). The token stays with the server that it is for, and the metadata there is judged like any other: the
 * default endpoints of that revision, for servers without any, are not guessed.
 */
function itsOwnProvider({ serverUrl }: UrlPolicy) {
  return { resource: serverUrl, authorization_servers: [new URL(serverUrl).origin] }
}

/** RFC 9728 §5.1: the challenge's own address where there is one; else §3.1: at the path, then at the root. */
async function findResourceMetadata(
  fetch: Fetch,
  challenge: TokenChallenge | null,
  policy: UrlPolicy,
  read: DocumentReader,
): Promise<{
  document: unknown
  seen: string[]
  /** The server names no place for it, and it was in none of the usual ones. */
  absent: boolean
}> {
  const named = challenge?.resourceMetadata
  const locations = named === undefined ? wellKnownLocations(policy.serverUrl) : [named]
  const seen: string[] = []
  let absent = named === undefined
  for (const location of locations) {
    const { pathname } = atServer(location, policy)
    const document = await read(fetch, location, 'resource_metadata', policy)
    atServer(document.url, policy)
    if (document.status === 200 && document.json !== undefined)
      return { document: document.json, seen, absent: false }
    seen.push(`${pathname}: ${document.status === 200 ? 'not JSON' : document.status}`)
    absent &&= document.status < 500 && document.status !== 429
  }
  return { document: null, seen, absent }
}

/** A hostile server could otherwise have us read, from where we stand, whatever it likes. */
function atServer(location: string, policy: UrlPolicy): URL {
  const url = checkUrl(location, 'resource_metadata', policy)
  if (url.origin === new URL(policy.serverUrl).origin) return url
  throw new WarderError(
    'oauth.metadata_invalid',
    'The server points to protected resource metadata at another origin than its own.',
  )
}

function wellKnownLocations(serverUrl: string): string[] {
  const { origin, pathname } = new URL(serverUrl)
  const root = `${origin}/.well-known/oauth-protected-resource`
  return pathname === '/' ? [root] : [`${root}${pathname}`, root]
}

/**
 * @param profile its resource stands in place of the document's, which is judged all the same; its issuer has to be
 *   among those listed, where any are
 * @throws WarderError `oauth.metadata_invalid`, `oauth.resource_mismatch`, `oauth.issuer_not_listed`, `net.url_refused`
 */
export function checkResourceMetadata(
  document: unknown,
  challenge: TokenChallenge | null,
  policy: UrlPolicy,
  profile: Pick<ProviderProfile, 'issuer' | 'resource' | 'quirks'>,
): ResourceMetadata {
  const parsed = resourceMetadata.safeParse(document)
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') || 'the document'
    throw new WarderError(
      'oauth.metadata_invalid',
      `The server's protected resource metadata is not what RFC 9728 asks for: ${field}.`,
      { cause: parsed.error },
    )
  }
  const { resource, authorization_servers, scopes_supported: supported } = parsed.data
  const issuers = authorization_servers ?? []
  checkUrl(resource, 'resource', policy)
  if (!coversServer(resource, policy.serverUrl))
    throw new WarderError(
      'oauth.resource_mismatch',
      'The protected resource metadata speaks of another resource than this server (RFC 9728 §3.3).',
    )
  for (const listed of issuers) checkUrl(listed, 'issuer', policy)
  const agreed = agreedIssuers(issuers, profile)
  if (agreed.length === 0) throw namesNoProvider()
  const offered = checkScopes(supported ?? [], 'The protected resource metadata')
  const asked = checkScopes(splitScope(challenge?.scope), 'The challenge of the server')
  return {
    resource: profile.resource ?? resource,
    issuers: agreed,
    scopes: challenge?.scope === undefined ? offered : asked,
    dpop: dpopWish(parsed.data, challenge?.dpop ?? null),
  }
}

const namesNoProvider = () =>
  new WarderError(
    'oauth.metadata_invalid',
    "The server's protected resource metadata names no authorization server.",
  )

/**
 * True where a token for `resource` is meant for the server: the same URL, or a parent path at the same origin, which
 * is how servers with several endpoints name themselves.
 */
export function coversServer(resource: string, serverUrl: string): boolean {
  const wide = new URL(resource)
  const server = new URL(serverUrl)
  if (wide.origin !== server.origin || wide.hash !== '') return false
  if (wide.search !== '' && wide.search !== server.search) return false
  return `${server.pathname}/`.startsWith(`${wide.pathname.replace(/\/$/, '')}/`)
}

/** What fails on the way to the MCP server itself is the server's trouble, not the provider's. */
async function fromServer<T>(policy: UrlPolicy, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (!isWarderError(cause, 'net.unreachable')) throw cause
    throw new WarderError(
      'server.unreachable',
      `The server at ${new URL(policy.serverUrl).origin} could not be reached.`,
      { cause },
    )
  }
}
