import * as oauth from 'oauth4webapi'
import { isWarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import { isNotConnected } from '../net/net-error.ts'
import { retryAfterMs } from './backoff.ts'
import type { BoundToken } from './dpop.ts'
import { probe } from './probe.ts'
import { asClient, authentication, type Party, requestOptions } from './wire.ts'

/** What a step of a revocation came to; `retryAfterMs` where the provider said when to ask again. */
export interface StepResult {
  readonly status: number | null
  readonly outcome: 'done' | 'failed' | 'pending' | 'unsupported'
  readonly detail: string
  readonly retryAfterMs?: number | undefined
}

/**
 * Asks the provider to revoke one token (RFC 7009 §2.1). Never throws for what the provider answers.
 */
export async function revokeToken(
  party: Party,
  token: string,
  hint: 'refresh_token' | 'access_token',
  clock: () => number,
): Promise<StepResult> {
  // RFC 7009 §2.2 has providers answer 200 to what they do not know: that would be no proof of anything.
  if (hint === 'access_token' && party.quirks.includes('id-token-as-bearer'))
    return { status: null, outcome: 'unsupported', detail: 'An ID token cannot be revoked.' }
  if (party.provider.revocation_endpoint === undefined)
    return {
      status: null,
      outcome: 'unsupported',
      detail: 'The provider has no revocation endpoint.',
    }
  let response: Response
  try {
    response = await oauth.revocationRequest(
      party.provider,
      asClient(party),
      authentication(party),
      token,
      { ...requestOptions(party), additionalParameters: { token_type_hint: hint } },
    )
  } catch (error) {
    return unreachable(error, 'The provider')
  }
  return judge(response, await errorCode(response), clock())
}

/** RFC 7009 §2.2: 200 also for a token that it does not know; §2.2.1: 503 means that the token still lives. */
function judge(response: Response, error: string | null, now: number): StepResult {
  const { status } = response
  if (status === 200) return { status, outcome: 'done', detail: 'The provider confirmed it.' }
  if (status === 429 || status >= 500)
    return {
      status,
      outcome: 'pending',
      detail: `The provider answered ${status}: the token may still be valid, Warder asks again.`,
      retryAfterMs: retryAfterMs(response.headers, now),
    }
  if (error === 'unsupported_token_type')
    return {
      status,
      outcome: 'unsupported',
      detail: 'The provider does not revoke tokens of this kind.',
    }
  return { status, outcome: 'failed', detail: `The provider refused (${status}).` }
}

async function errorCode(response: Response): Promise<string | null> {
  const body: unknown = await response.json().catch(() => null)
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null
  return typeof error === 'string' ? error : null
}

/**
 * Shows the MCP server the old access token. `done`: the server refuses it.
 *
 * @param bound where the token is bound to a key: a server that refuses the proof has said nothing of the token
 */
export async function probeToken(
  fetch: Fetch,
  serverUrl: string,
  accessToken: string,
  bound: BoundToken | null,
): Promise<StepResult> {
  const ask = async () => {
    const shown = bound?.headers('POST', serverUrl) ?? { authorization: `Bearer ${accessToken}` }
    const { status, headers } = await probe(fetch, serverUrl, await shown)
    return { status, refusal: bound?.answered(status, headers) ?? null }
  }
  try {
    const first = await ask()
    const { status, refusal } = first.refusal === 'nonce' ? await ask() : first
    if (refusal !== null)
      return {
        status,
        outcome: 'failed',
        detail:
          'The server refused the proof that goes with the old access token (DPoP), so nothing is known of the token.',
      }
    return status === 401
      ? { status, outcome: 'done', detail: 'The server refuses the old access token.' }
      : {
          status,
          outcome: 'failed',
          detail: `The server answered ${status} to the old access token, not 401.`,
        }
  } catch (error) {
    return { ...unreachable(error, 'The server'), outcome: 'failed' }
  }
}

function unreachable(error: unknown, who: string): StepResult {
  if (!isWarderError(error) || isNotConnected(error))
    return { status: null, outcome: 'pending', detail: `${who} could not be reached.` }
  return { status: null, outcome: 'failed', detail: `${who} was not asked: ${error.message}` }
}
