import * as oauth from 'oauth4webapi'
import { asClient, authentication, type Party, requestOptions } from './wire.ts'

/** What an introspection endpoint said of one token. */
export interface Introspected {
  readonly status: number | null
  /** Null where it did not say: not offered, not allowed, not reached, not understood. */
  readonly active: boolean | null
  /** A sentence for the receipt where it did not say. */
  readonly why: string
}

/** It is asked before a revocation too, which must not wait long for it. */
const DEADLINE_MS = 5_000

/**
 * Asks the provider whether a token is active (RFC 7662 §2.1). Never throws.
 *
 * `active: false` by itself proves nothing: it is also the answer for what the provider does not know, or does not let
 * this client know (RFC 7662 §2.2). Only after an `active: true` of the same endpoint it does.
 */
export async function introspect(
  party: Party,
  token: string,
  hint: 'refresh_token' | 'access_token',
): Promise<Introspected> {
  if (party.provider.introspection_endpoint === undefined)
    return { status: null, active: null, why: 'The provider has no introspection endpoint.' }
  try {
    const response = await oauth.introspectionRequest(
      party.provider,
      asClient(party),
      authentication(party),
      token,
      {
        ...requestOptions(party),
        signal: () => AbortSignal.timeout(DEADLINE_MS),
        additionalParameters: { token_type_hint: hint },
      },
    )
    return judge(response.status, await response.json().catch(() => null))
  } catch {
    return { status: null, active: null, why: 'The introspection endpoint could not be asked.' }
  }
}

/** RFC 7662 §2.2: `active` is a boolean of a JSON object with status 200; all else says nothing. */
function judge(status: number, body: unknown): Introspected {
  const member = typeof body === 'object' && body !== null && 'active' in body ? body.active : null
  const active = status === 200 && typeof member === 'boolean' ? member : null
  const why = active === null ? `The introspection endpoint did not say (${status}).` : ''
  return { status, active, why }
}
