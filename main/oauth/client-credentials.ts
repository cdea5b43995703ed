import * as oauth from 'oauth4webapi'
import { isWarderError, WarderError } from '../errors.ts'
import { askAsClient, type Tokens } from './token-requests.ts'
import { asClient, authentication, type Party, requestOptions, resourceParameter } from './wire.ts'

/** What a client asks for when nobody signs in. */
export interface ServiceRequest {
  readonly resource: string
  readonly scopes: readonly string[]
}

/**
 * Asks for a token for the client itself (RFC 6749 §4.4.2, RFC 8707 §2). A refresh token, which §4.4.3 advises against,
 * is not taken: the next token is asked for in the same way.
 *
 * @throws WarderError `oauth.client_refused` where the provider does not take the client; `oauth.client_key`,
 *   `oauth.token_refused`, `oauth.provider_unavailable`, `net.*`
 */
export function requestClientCredentials(
  party: Party,
  { resource, scopes }: ServiceRequest,
  clock: () => number,
): Promise<Tokens> {
  return asItself(() =>
    askAsClient(
      party,
      'the client credentials',
      () =>
        oauth.clientCredentialsGrantRequest(
          party.provider,
          asClient(party),
          authentication(party),
          { ...resourceParameter(party, resource), ...scopeParameter(scopes) },
          requestOptions(party),
        ),
      oauth.processClientCredentialsResponse,
      clock,
    ),
  )
}

export const scopeParameter = (scopes: readonly string[]): Record<string, string> =>
  scopes.length === 0 ? {} : { scope: scopes.join(' ') }

/** RFC 6749 §5.2: the client, or its right to this grant, is what is wrong; the same request cannot go better. */
const clientErrors = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type'])

/** Runs a token request in which nothing but the client answers for itself. */
export async function asItself(ask: () => Promise<Tokens>): Promise<Tokens> {
  try {
    // What renews comes from asking again; a refresh token would be one more secret that nobody uses.
    return { ...(await ask()), refreshToken: null }
  } catch (error) {
    if (!isWarderError(error, 'oauth.token_refused')) throw error
    const { error: code, silent, forbidden, challenged } = error.details ?? {}
    // RFC 6749 §5.2: a client that failed to authenticate may be told so by a challenge alone; glewlwyd says 403, no more.
    const wordless = [silent, forbidden, challenged].includes(true)
    if (!clientErrors.has(String(code)) && !wordless) throw error
    throw new WarderError('oauth.client_refused', error.message, {
      cause: error,
      details: { error: code ?? 'invalid_client' },
    })
  }
}
