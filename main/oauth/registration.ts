import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import type { Quirk } from '../store/quirks.ts'
import { deviceGrant } from './device.ts'
import type { Provider } from './metadata.ts'
import { noRedirect } from './no-callback.ts'
import { documentRedirectUri } from './redirect-uri.ts'
import { type Management, managementOf } from './registration-management.ts'
import type { ClientAuthMethod } from './repository.ts'
import { providerError } from './token-requests.ts'
import { requestOptions } from './wire.ts'

/** What the provider knows us as. */
export interface RegisteredClient {
  readonly clientId: string
  readonly authMethod: ClientAuthMethod
  readonly secret: string | null
  /** Milliseconds since the epoch; null where the secret does not expire. */
  readonly expiresAt: number | null
  /** Where the provider lets the client be managed (RFC 7592). */
  readonly management: Management | null
}

const methods = ['none', 'client_secret_basic', 'client_secret_post'] as const

/** RFC 7591 §3.2.1. */
const registrationResponse = z.object({
  client_id: z.string().regex(/^[\x20-\x7e]{1,2048}$/),
  client_secret: z
    .string()
    .regex(/^[\x20-\x7e]{1,2048}$/)
    .nullish(),
  client_secret_expires_at: z.number().nullish(),
  redirect_uris: z.array(z.string()).nullish(),
  grant_types: z.array(z.string()).nullish(),
  token_endpoint_auth_method: z.string().nullish(),
  registration_client_uri: z.string().nullish(),
})

/** What of us every registration says, whether we send it or publish it. */
function clientMetadata(redirectUri: string, quirks: readonly Quirk[]) {
  const renews = !quirks.includes('no-refresh-token')
  const byCode = redirectUri === noRedirect
  return {
    client_name: 'Warder',
    // RFC 7591 §2 asks for them where there is a redirect; some refuse an empty list (better-auth).
    ...(byCode ? {} : { redirect_uris: [redirectUri] }),
    grant_types: [
      byCode ? deviceGrant : 'authorization_code',
      ...(renews ? ['refresh_token'] : []),
    ],
    response_types: byCode ? [] : ['code'],
    application_type: 'native',
  }
}

/**
 * The client ID metadata document to publish at `url` (draft-ietf-oauth-client-id-metadata-document-00 §4.1): one for every
 * provider and every way of signing in. What a provider does not have it passes over.
 */
export function clientMetadataDocument(url: string): Record<string, unknown> {
  return {
    client_id: url,
    ...clientMetadata(documentRedirectUri, []),
    grant_types: ['authorization_code', deviceGrant, 'refresh_token'],
    token_endpoint_auth_method: 'none',
  }
}

/** True where this provider takes client ID metadata documents of public clients. */
export function takesDocuments(provider: Provider): boolean {
  return (
    provider.client_id_metadata_document_supported === true &&
    (provider.token_endpoint_auth_methods_supported?.includes('none') ?? true)
  )
}

/** How a client that was registered by hand, with a secret, authenticates (RFC 8414 §2: basic where nothing is said). */
export function confidentialMethod(provider: Provider): ClientAuthMethod {
  const offered = provider.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return !offered.includes('client_secret_basic') && offered.includes('client_secret_post')
    ? 'client_secret_post'
    : 'client_secret_basic'
}

interface RegistrationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly quirks: readonly Quirk[]
}

/**
 * Registers a native public client, or what the provider makes of it (RFC 7591 §3, MCP 2026-07-28 Application Type).
 *
 * @throws WarderError `oauth.registration_failed`, `oauth.provider_unavailable`, `net.*`
 */
export async function registerDynamically(
  provider: Provider,
  request: RegistrationRequest,
  net: { readonly fetch: Fetch; readonly policy: UrlPolicy },
  clock: () => number,
): Promise<RegisteredClient> {
  const body = await ask(provider, request, net)
  const client = checkRegistration(body, request.redirectUri, net.policy, clock)
  return { ...client, management: managementOf(body, provider, net.policy) }
}

async function ask(
  provider: Provider,
  { redirectUri, scopes, quirks }: RegistrationRequest,
  net: { readonly fetch: Fetch; readonly policy: UrlPolicy },
): Promise<unknown> {
  const offered = provider.token_endpoint_auth_methods_supported
  const method = methods.find((one) => offered?.includes(one) ?? one === 'none') ?? 'none'
  // Some bind the client to the scopes it registers, others refuse scopes that they do not list themselves.
  const listed = scopes.every((scope) => provider.scopes_supported?.includes(scope))
  const metadata = {
    ...clientMetadata(redirectUri, quirks),
    token_endpoint_auth_method: method,
    ...(listed && scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  }
  try {
    const response = await oauth.dynamicClientRegistrationRequest(
      provider,
      metadata,
      requestOptions(net),
    )
    if (response.status === 200 || response.status === 201) return await response.json()
    // Only to have the library read the error: it throws for every status but 201.
    await oauth.processDynamicClientRegistrationResponse(response)
  } catch (error) {
    const byCode = redirectUri === noRedirect
    const wanted = `to register Warder as a client${byCode ? ' that signs in by code' : ''}`
    const known = providerError(error, wanted)
    if (known.code !== 'oauth.token_refused') throw known
    throw failed(byCode ? `${known.message} ${OTHER_WAYS}` : known.message, known.cause)
  }
  return undefined
}

/** There are providers that give out codes, but not to clients that registered themselves (glewlwyd). */
const OTHER_WAYS =
  'Sign in with the browser, or have a client registered there that may use codes, and put its client ID into the server definition.'

/**
 * Judges a registration response: it must not have changed what decides where codes and tokens go.
 *
 * @throws WarderError `oauth.registration_failed`, `net.url_refused`
 */
export function checkRegistration(
  body: unknown,
  redirectUri: string,
  policy: UrlPolicy,
  clock: () => number,
): Omit<RegisteredClient, 'management'> {
  const parsed = registrationResponse.safeParse(body)
  if (!parsed.success) throw failed('The registration response is not what RFC 7591 asks for.')
  const answer = parsed.data
  const byCode = redirectUri === noRedirect
  if (
    answer.redirect_uris?.some((uri) => uri !== redirectUri) ||
    (answer.redirect_uris?.length === 0 && !byCode)
  )
    throw failed('The provider registered other redirect URIs than it was asked to.')
  if (answer.grant_types?.includes(byCode ? deviceGrant : 'authorization_code') === false)
    throw failed(
      `The provider registered Warder without the ${byCode ? 'device' : 'authorization'} code grant.`,
    )
  if (typeof answer.registration_client_uri === 'string')
    checkUrl(answer.registration_client_uri, 'registration_endpoint', policy)
  const secret = answer.client_secret ?? null
  const method = answer.token_endpoint_auth_method ?? (secret ? 'client_secret_basic' : 'none')
  const authMethod = methods.find((one) => one === method)
  if (authMethod === undefined || (authMethod !== 'none' && secret === null))
    throw failed('The provider asks for a way to authenticate that Warder does not have.')
  return { clientId: answer.client_id, authMethod, secret, expiresAt: expiry(answer, clock) }
}

/** 0 means never (RFC 7591 §3.2.1); nonsense counts as over, so that the next sign-in registers anew. */
function expiry(answer: z.output<typeof registrationResponse>, clock: () => number): number | null {
  const seconds = answer.client_secret_expires_at ?? 0
  if (seconds === 0) return null
  return seconds > 0 && seconds < 1e11 ? seconds * 1000 : clock()
}

const failed = (message: string, cause?: unknown) =>
  new WarderError('oauth.registration_failed', message, { cause })
