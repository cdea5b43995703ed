import * as oauth from 'oauth4webapi'
import { isWarderError, WarderError } from '../errors.ts'
import { withNonce } from './dpop.ts'
import { splitScope } from './scopes.ts'
import { asClient, authentication, type Party, requestOptions, resourceParameter } from './wire.ts'

/** A successful token response, judged. */
export interface Tokens {
  readonly accessToken: string
  /** Milliseconds since the epoch; null where the provider does not say. */
  readonly expiresAt: number | null
  readonly refreshToken: string | null
  /** Null where the provider granted what was asked (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | null
  readonly claims: oauth.IDToken | null
}

/** Ten years: what a provider claims beyond is as good as for ever, and must not overflow a date. */
const LONGEST_SECONDS = 315_360_000
/** RFC 6749 appendix A.12 and A.17 (1*VSCHAR), without the space that a header would split at. */
const tokenText = /^[\x21-\x7e]{1,16384}$/

/**
 * Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 8707 §2.2).
 *
 * @throws WarderError `oauth.token_refused`, `oauth.provider_unavailable`, `net.*`
 */
export async function exchangeCode(
  party: Party,
  code: {
    /** What the callback listener accepted. */
    readonly answer: URLSearchParams
    readonly state: string
    readonly verifier: string
    readonly nonce: string
    readonly redirectUri: string
    readonly resource: string
  },
  clock: () => number,
): Promise<Tokens> {
  return asking('the sign-in', party, async () => {
    const client = asClient(party)
    const response = await oauth.authorizationCodeGrantRequest(
      party.provider,
      client,
      authentication(party),
      oauth.validateAuthResponse(party.provider, client, code.answer, code.state),
      code.redirectUri,
      code.verifier,
      {
        ...requestOptions(party),
        additionalParameters: resourceParameter(party, code.resource),
      },
    )
    // The nonce was sent along with `openid`; a provider that grants no `openid` sends no ID token to find it in.
    const expected = (await hasIdToken(response)) ? { expectedNonce: code.nonce } : {}
    const body = await oauth.processAuthorizationCodeResponse(
      party.provider,
      client,
      response,
      expected,
    )
    const bearer = bearerOf(party, body, clock)
    if (bearer === null) throw refused(NO_ID_TOKEN)
    return bearer
  })
}

/** RFC 6749 §5.2: this grant, or this client, is over; asking again cannot help. */
const finalErrors = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client'])

/**
 * Asks for a new access token (RFC 6749 §6, RFC 8707 §2.2).
 *
 * @throws WarderError `grant.sign_in_needed` where the provider says that the refresh token or the client is no longer
 *   good; `oauth.token_refused`, `oauth.provider_unavailable`, `net.*`
 */
export async function refresh(
  party: Party,
  refreshToken: string,
  resource: string,
  clock: () => number,
): Promise<Tokens> {
  const ask = async () => {
    const client = asClient(party)
    const response = await oauth.refreshTokenGrantRequest(
      party.provider,
      client,
      authentication(party),
      refreshToken,
      {
        ...requestOptions(party),
        additionalParameters: resourceParameter(party, resource),
      },
    )
    const body = await oauth.processRefreshTokenResponse(party.provider, client, response)
    const bearer = bearerOf(party, body, clock)
    if (bearer === null) throw new WarderError('grant.sign_in_needed', NO_ID_TOKEN)
    return bearer
  }
  try {
    return await asking('the renewal', party, ask)
  } catch (error) {
    if (!isWarderError(error, 'oauth.token_refused')) throw error
    const final = finalErrors.has(String(error.details?.error)) || error.details?.silent === true
    if (!final) throw error
    throw new WarderError('grant.sign_in_needed', error.message, { cause: error })
  }
}

/**
 * A token request of another grant type, its answer judged like any other.
 *
 * @param read of the library: takes the response apart
 * @throws WarderError `oauth.token_refused`, `oauth.provider_unavailable`, `net.*`, and what `read` throws
 */
export function askAsClient(
  party: Party,
  what: string,
  request: () => Promise<Response>,
  read: (
    provider: oauth.AuthorizationServer,
    client: oauth.Client,
    response: Response,
  ) => Promise<oauth.TokenEndpointResponse>,
  clock: () => number,
): Promise<Tokens> {
  return asking(what, party, async () => {
    const body = await read(party.provider, asClient(party), await request())
    const bearer = bearerOf(party, body, clock)
    if (bearer === null) throw refused(NO_ID_TOKEN)
    return { ...bearer, claims: null }
  })
}

async function hasIdToken(response: Response): Promise<boolean> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return typeof body === 'object' && body !== null && 'id_token' in body
}

function judge(
  { dpop }: Party,
  body: oauth.TokenEndpointResponse,
  claims: oauth.IDToken | null,
  clock: () => number,
): Tokens {
  checkType(body.token_type, dpop !== undefined)
  if (!tokenText.test(body.access_token)) throw refused('The provider issued an unusable token.')
  if (body.refresh_token !== undefined && !tokenText.test(body.refresh_token))
    throw refused('The provider issued an unusable refresh token.')
  return {
    accessToken: body.access_token,
    expiresAt:
      body.expires_in === undefined
        ? null
        : clock() + Math.floor(Math.min(body.expires_in, LONGEST_SECONDS) * 1000),
    refreshToken: body.refresh_token ?? null,
    scopes: body.scope === undefined ? null : splitScope(body.scope),
    claims,
  }
}

/** RFC 9449 §5: a type that was not asked for is no token of ours, and one without its binding is a downgrade. */
function checkType(type: string, bound: boolean): void {
  if (type === (bound ? 'dpop' : 'bearer')) return
  if (bound && type === 'bearer')
    throw new WarderError(
      'oauth.dpop_downgrade',
      'The provider was asked for a token that is bound to a key and issued one that is not.',
    )
  throw refused('The provider issued a type of token that was not asked for.')
}

export const NO_ID_TOKEN = 'The provider gave no ID token, which is what the server takes.'

/**
 * The tokens of an answer; with the quirk `id-token-as-bearer` the ID token is what the server is shown, for as long as
 * it says itself.
 *
 * @returns null where that is missing
 */
export function bearerOf(
  party: Party,
  body: oauth.TokenEndpointResponse,
  clock: () => number,
): Tokens | null {
  const claims = oauth.getValidatedIdTokenClaims(body) ?? null
  const tokens = judge(party, body, claims, clock)
  if (!party.quirks.includes('id-token-as-bearer')) return tokens
  if (body.id_token === undefined || claims === null) return null
  const expiresAt = Math.floor(Math.min(claims.exp * 1000, clock() + LONGEST_SECONDS * 1000))
  return { ...tokens, accessToken: body.id_token, expiresAt }
}

/** Every failure of a request to the provider as {@link providerError} has it. */
export async function asking<T>(what: string, { dpop }: Party, ask: () => Promise<T>): Promise<T> {
  try {
    return await withNonce(dpop, ask)
  } catch (error) {
    throw providerError(error, what)
  }
}

/**
 * What a request to a provider failed with, in our codes. The library's errors carry whole responses, tokens
 * included, so none of them becomes a cause.
 */
export function providerError(error: unknown, what: string): WarderError {
  if (isWarderError(error, 'net.unreachable'))
    return unavailable('The identity provider could not be reached.', error)
  if (isWarderError(error)) return error
  const status = statusOf(error)
  const cause = evidence(error, status)
  if (status !== null && (status >= 500 || status === 429))
    return unavailable(`The identity provider answered ${status}.`, cause)
  const code = registeredCode(error)
  const answer = code ?? (status === 200 ? null : status)
  return refused(
    `The identity provider refused ${what}${answer === null ? '' : ` (${answer})`}.${noteOn(code)}`,
    cause,
    {
      ...(code === null ? { silent: isSilent(error, [400, 401]) } : { error: code }),
      forbidden: isSilent(error, [403]),
      challenged: error instanceof oauth.WWWAuthenticateChallengeError,
    },
  )
}

/** RFC 9449 §5: what a person can do about a proof is little, but they should know what was refused. */
const noteOn = (code: string | null) =>
  code === 'invalid_dpop_proof'
    ? ' It did not accept the proof of the key that the tokens are to be bound to (DPoP); where the clock of this machine is right, its provider does DPoP in another way than RFC 9449.'
    : ''

/** The provider's error code where it has the form of one: other text from there is shown to nobody. */
function registeredCode(error: unknown): string | null {
  if (!(error instanceof oauth.ResponseBodyError)) return null
  return /^[a-z_]{1,40}$/.test(error.error) ? error.error : null
}

/**
 * Some providers refuse for good with a status and not a byte (against RFC 6749 §5.2). A page or a text may come from
 * somebody in between, and says nothing about the grant.
 */
function isSilent(error: unknown, statuses: readonly number[]): boolean {
  const answer = error instanceof Error ? error.cause : null
  return answer instanceof Response && statuses.includes(answer.status) && answer.body === null
}

function statusOf(error: unknown): number | null {
  if (error instanceof oauth.ResponseBodyError) return error.status
  if (error instanceof oauth.WWWAuthenticateChallengeError) return error.status
  return error instanceof Error && error.cause instanceof Response ? error.cause.status : null
}

function evidence(error: unknown, status: number | null): Error {
  if (!(error instanceof Error)) return new Error('not an error')
  const code = 'code' in error ? ` ${error.code}` : ''
  const answer = error instanceof oauth.ResponseBodyError ? ` ${JSON.stringify(error.error)}` : ''
  return new Error(`${error.name}${code}${answer}: ${error.message} (status ${status ?? 'none'})`)
}

const refused = (message: string, cause?: unknown, details: Record<string, unknown> = {}) =>
  new WarderError('oauth.token_refused', message, { cause, details })
const unavailable = (message: string, cause: unknown) =>
  new WarderError('oauth.provider_unavailable', message, { cause })
