import type { AuthorizationServer } from 'oauth4webapi'
import { z } from 'zod'
import { isWarderError, WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentReader } from '../net/document-cache.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import type { Quirk } from '../store/quirks.ts'

/** Only what we act on: what is not listed here cannot influence a sign-in. */
const serverMetadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string().nullish(),
  token_endpoint: z.string(),
  registration_endpoint: z.string().nullish(),
  revocation_endpoint: z.string().nullish(),
  introspection_endpoint: z.string().nullish(),
  userinfo_endpoint: z.string().nullish(),
  jwks_uri: z.string().nullish(),
  pushed_authorization_request_endpoint: z.string().nullish(),
  device_authorization_endpoint: z.string().nullish(),
  require_pushed_authorization_requests: z.boolean().nullish(),
  response_types_supported: z.array(z.string()).nullish(),
  grant_types_supported: z.array(z.string()).nullish(),
  scopes_supported: z.array(z.string()).nullish(),
  code_challenge_methods_supported: z.array(z.string()).nullish(),
  token_endpoint_auth_methods_supported: z.array(z.string()).nullish(),
  dpop_signing_alg_values_supported: z.array(z.string()).nullish(),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()).nullish(),
  id_token_signing_alg_values_supported: z.array(z.string()).nullish(),
  authorization_response_iss_parameter_supported: z.boolean().nullish(),
  client_id_metadata_document_supported: z.boolean().nullish(),
})

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'pushed_authorization_request_endpoint',
  'device_authorization_endpoint',
] as const

/** Metadata of an authorization server that passed {@link checkProvider}. */
export interface Provider extends AuthorizationServer {
  readonly issuer: string
  readonly token_endpoint: string
}

/** What is known of an issuer before its metadata is read. */
export interface KnownIssuer {
  /** Where its metadata lies, when at none of the well-known addresses. */
  readonly metadataUrl?: string | null | undefined
  readonly quirks: readonly Quirk[]
  /**
   * Nobody is sent to its authorization endpoint: there is no person, or the person types a code (RFC 8628). So nothing is
   * asked of that endpoint, and of PKCE, which protects what comes back from it.
   */
  readonly withoutRedirect?: boolean | undefined
}

/**
 * Where the metadata of an issuer may lie, in the order to try (MCP 2026-07-28, Authorization Server Metadata
 * Discovery; RFC 8414 §3.1 and §5).
 */
export function metadataLocations(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const inserted = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ]
  return path === '' ? inserted : [...inserted, `${origin}${path}/.well-known/openid-configuration`]
}

/**
 * Fetches and judges the metadata of one issuer.
 *
 * @throws WarderError `oauth.metadata_invalid`, `oauth.issuer_mismatch`, `oauth.pkce_unsupported`, `net.url_refused`,
 *   `net.address_refused`, `net.too_large`; `oauth.provider_unavailable` where the provider does not answer
 */
export async function fetchProvider(
  fetch: Fetch,
  issuer: string,
  policy: UrlPolicy,
  known: KnownIssuer,
  read: DocumentReader,
): Promise<Provider> {
  checkUrl(issuer, 'issuer', policy)
  const { metadataUrl } = known
  const seen: string[] = []
  let down = false
  for (const location of metadataUrl ? [metadataUrl] : metadataLocations(issuer)) {
    const document = await get(read, fetch, location, issuer, policy)
    // A page for people with status 200 at a well-known address is common: look on, but never read it as metadata.
    if (document.status === 200 && document.json !== undefined)
      return checkProvider(document.json, issuer, policy, known.quirks, known.withoutRedirect)
    seen.push(`${location}: ${document.status === 200 ? 'not JSON' : document.status}`)
    down ||= document.status >= 500 || document.status === 429
  }
  if (down)
    throw new WarderError(
      'oauth.provider_unavailable',
      `The identity provider ${issuer} does not answer properly just now.`,
    )
  throw new WarderError(
    'oauth.metadata_invalid',
    `The identity provider ${issuer} publishes no metadata (${seen.join('; ')}).`,
  )
}

async function get(
  read: DocumentReader,
  fetch: Fetch,
  location: string,
  issuer: string,
  policy: UrlPolicy,
) {
  try {
    return await read(fetch, location, 'authorization_server_metadata', policy)
  } catch (cause) {
    if (!isWarderError(cause, 'net.unreachable')) throw cause
    throw new WarderError(
      'oauth.provider_unavailable',
      `The identity provider ${issuer} could not be reached.`,
      { cause },
    )
  }
}

/**
 * Judges a metadata document (RFC 8414 §3.3, OpenID Connect Discovery §4.3). Each endpoint goes through the URL policy
 * now, so that nothing later needs to trust the document.
 *
 * @param issuer the identifier that the document was asked for; compared without any normalisation
 * @param quirks `no-pkce-metadata` excuses silence about PKCE, never a list without S256
 * @param withoutRedirect leaves out what only a sign-in with a redirect goes by
 * @throws WarderError `oauth.metadata_invalid`, `oauth.issuer_mismatch`, `oauth.pkce_unsupported`, `net.url_refused`
 */
export function checkProvider(
  document: unknown,
  issuer: string,
  policy: UrlPolicy,
  quirks: readonly Quirk[],
  withoutRedirect = false,
): Provider {
  const parsed = serverMetadata.safeParse(document)
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') || 'the document'
    throw new WarderError(
      'oauth.metadata_invalid',
      `The metadata of ${issuer} is not what RFC 8414 asks for: ${field}.`,
      { cause: parsed.error },
    )
  }
  const metadata = parsed.data
  if (metadata.issuer !== issuer)
    throw new WarderError(
      'oauth.issuer_mismatch',
      `The metadata that was asked of ${issuer} speaks for another issuer (RFC 8414 §3.3).`,
    )
  for (const field of endpoints) {
    const url = metadata[field]
    if (typeof url === 'string') checkUrl(url, field, policy)
  }
  if (!withoutRedirect) checkRedirect(metadata, issuer, quirks)
  return withoutNulls(metadata)
}

/** What it takes to send a person there and back (RFC 8414 §2, MCP 2026-07-28). */
function checkRedirect(
  metadata: z.output<typeof serverMetadata>,
  issuer: string,
  quirks: readonly Quirk[],
): void {
  if (typeof metadata.authorization_endpoint !== 'string')
    throw new WarderError(
      'oauth.metadata_invalid',
      `The metadata of ${issuer} is not what RFC 8414 asks for: authorization_endpoint.`,
    )
  const methods = metadata.code_challenge_methods_supported ?? null
  const excused = methods === null && quirks.includes('no-pkce-metadata')
  if (!excused && methods?.includes('S256') !== true)
    throw new WarderError(
      'oauth.pkce_unsupported',
      `The identity provider ${issuer} does not advertise PKCE with S256.`,
    )
  if (metadata.response_types_supported?.includes('code') === false)
    throw new WarderError(
      'oauth.metadata_invalid',
      `The identity provider ${issuer} does not offer the authorization code flow.`,
    )
}

/** Some providers write null for what they do not have; the library wants the member gone. */
function withoutNulls(metadata: z.output<typeof serverMetadata>): Provider {
  const present = Object.entries(metadata).filter(([, value]) => value !== null)
  return Object.fromEntries(present) as unknown as Provider
}
