import { createHash } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { authorizationUrl, type BrowserUrl } from '../net/browser-url.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import { withNonce } from './dpop.ts'
import { providerError } from './token-requests.ts'
import { asClient, authentication, type Party, requestOptions, resourceParameter } from './wire.ts'

/** What one sign-in keeps to itself until the answer comes: bound together before the browser opens (MCP, RFC 9207). */
export interface SignInRequest {
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  readonly issuer: string
  readonly redirectUri: string
  readonly resource: string
  readonly scopes: readonly string[]
  /** What the provider's profile adds: {@link profileParameters}. */
  readonly further: Readonly<Record<string, string>>
}

/** 256 bits each (RFC 7636 §7.1, RFC 6749 §10.10). */
const SECRET_BYTES = 32

export function createSignInRequest(
  about: Omit<SignInRequest, 'state' | 'verifier' | 'nonce'>,
  randomBytes: (size: number) => Buffer,
): SignInRequest {
  const secret = () => randomBytes(SECRET_BYTES).toString('base64url')
  return { ...about, state: secret(), verifier: secret(), nonce: secret() }
}

/** The page to open, and until when it can be opened: milliseconds since the epoch, null for as long as the sign-in lasts. */
export interface SignInPage extends BrowserUrl {
  readonly expiresAt: number | null
}

/** What a provider claims beyond is as good as for ever, and must not overflow a date. */
const LONGEST_PUSHED_MS = 86_400_000

/** What a profile adds to the authorization request. No parameter of the protocol: the profile's schema sees to that. */
export function profileParameters(
  profile: ProviderProfile,
  resource: string,
): Record<string, string> {
  const { quirks, audience, authorizeParams } = profile
  return {
    ...authorizeParams,
    ...(quirks.includes('audience-parameter') ? { audience: audience ?? resource } : {}),
    ...(quirks.includes('offline-access-parameters')
      ? { access_type: 'offline', prompt: 'consent' }
      : {}),
  }
}

/**
 * The page to open: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2.1), pushed first where the
 * provider takes no other (RFC 9126).
 *
 * @throws WarderError `net.*`, `oauth.token_refused`, `oauth.provider_unavailable`
 */
export async function signInPage(
  party: Party,
  request: SignInRequest,
  clock: () => number,
): Promise<SignInPage> {
  const parameters = {
    ...requestParameters(party, request),
    // RFC 9449 §10: the code is bound too, so nobody redeems it with a key of their own.
    ...(party.dpop === undefined ? {} : { dpop_jkt: await party.dpop.thumbprint() }),
  }
  const pageOf = (query: Record<string, string>) =>
    authorizationUrl(party.provider.authorization_endpoint ?? '', query, party.policy)
  if (party.provider.require_pushed_authorization_requests !== true)
    return { ...pageOf(parameters), expiresAt: null }
  const { requestUri, expiresAt } = await push(party, parameters, clock)
  // All else was pushed, and is in no address bar and no history (RFC 9126 §4).
  return { ...pageOf({ client_id: party.clientId, request_uri: requestUri }), expiresAt }
}

function requestParameters(party: Party, request: SignInRequest): Record<string, string> {
  const { scopes } = request
  return {
    ...request.further,
    response_type: 'code',
    client_id: party.clientId,
    redirect_uri: request.redirectUri,
    state: request.state,
    code_challenge: createHash('sha256').update(request.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...resourceParameter(party, request.resource),
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    ...(scopes.includes('openid') ? { nonce: request.nonce } : {}),
    // OpenID Connect Core §11: without the prompt a provider ignores offline_access.
    ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
  }
}

/** RFC 9126 §2: at the endpoint of the issuer's own metadata, authenticated as at its token endpoint. */
async function push(
  party: Party,
  parameters: Record<string, string>,
  clock: () => number,
): Promise<{ requestUri: string; expiresAt: number }> {
  const client = asClient(party)
  try {
    const pushed = await withNonce(party.dpop, async () => {
      const response = await oauth.pushedAuthorizationRequest(
        party.provider,
        client,
        authentication(party),
        parameters,
        requestOptions(party),
      )
      return oauth.processPushedAuthorizationResponse(party.provider, client, response)
    })
    return {
      requestUri: pushed.request_uri,
      expiresAt: clock() + Math.min(pushed.expires_in * 1000, LONGEST_PUSHED_MS),
    }
  } catch (error) {
    throw providerError(error, 'the authorization request')
  }
}
