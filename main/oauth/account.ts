import * as oauth from 'oauth4webapi'
import { withNonce } from './dpop.ts'
import type { Tokens } from './token-requests.ts'
import { asClient, type Party, requestOptions } from './wire.ts'

const LONGEST = 128

/**
 * Names the account that a person signed in with: ID token, then userinfo (OpenID Connect Core §5.3), then the label the
 * person gave, then the provider's own identifier.
 */
export async function nameAccount(
  party: Party,
  tokens: Tokens,
  label: string | undefined,
): Promise<string> {
  return (
    nameIn(tokens.claims) ??
    nameIn(await userInfo(party, tokens)) ??
    plain(label) ??
    plain(tokens.claims?.sub) ??
    'default'
  )
}

function nameIn(claims: Readonly<Record<string, unknown>> | null): string | undefined {
  return plain(claims?.email) ?? plain(claims?.preferred_username)
}

/** Only for a name: a provider that does not answer here has signed the person in all the same. */
async function userInfo(party: Party, tokens: Tokens) {
  const { claims, accessToken } = tokens
  if (party.provider.userinfo_endpoint === undefined || claims === null) return null
  const client = asClient(party)
  try {
    return await withNonce(party.dpop, async () => {
      const options = requestOptions(party)
      const response = await oauth.userInfoRequest(party.provider, client, accessToken, options)
      return oauth.processUserInfoResponse(party.provider, client, claims.sub, response)
    })
  } catch {
    return null
  }
}

/** Text from outside as a name on a screen and a command line: one line, no control or direction characters. */
function plain(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.replace(/\p{C}+/gu, '').trim()
  return text === '' ? undefined : text.slice(0, LONGEST)
}
