import * as oauth from 'oauth4webapi'
import type { ProviderProfile } from '../store/config-schema.ts'
import { withNonce } from './dpop.ts'
import type { Tokens } from './token-requests.ts'
import { asClient, authentication, type Party, requestOptions } from './wire.ts'

const LONGEST = 128
/** OpenID Connect Core §2 has 255 characters; RFC 7662 has no end. What is longer names nobody. */
const LONGEST_SUBJECT = 1024

/** Who signed in, as far as the provider says. */
export interface Person {
  /** For people; may be given to somebody else one day. */
  readonly name: string | null
  /** For us: the one claim that is never given to anybody else (OpenID Connect Core §5.7). */
  readonly subject: string | null
  readonly organisation: string | null
}

type Claims = Readonly<Record<string, unknown>>
type ClaimNames = NonNullable<ProviderProfile['claims']>

/**
 * Asks who signed in: the ID token, then userinfo (OpenID Connect Core §5.3), then introspection (RFC 7662 §2) where a
 * confidential client may ask. Only for a name: a provider that does not answer has signed the person in all the same.
 */
export async function identify(
  party: Party,
  tokens: Tokens,
  names: ClaimNames = {},
): Promise<Person> {
  const own = personOf(tokens.claims, names)
  const lacking = (person: Person) =>
    person.name === null || (names.organisation !== undefined && person.organisation === null)
  if (!lacking(own)) return own
  const seen = merge(own, personOf(await userInfo(party, tokens), names))
  if (seen.name !== null) return seen
  return merge(seen, personOf(await introspected(party, tokens), names))
}

/** The ID token's subject stays what it is: each of the others was compared with it before. */
const merge = (first: Person, second: Person): Person => ({
  name: first.name ?? second.name,
  subject: first.subject ?? second.subject,
  organisation: first.organisation ?? second.organisation,
})

function personOf(claims: Claims | null, names: ClaimNames): Person {
  if (claims === null) return { name: null, subject: null, organisation: null }
  const read = (claim: string | undefined) =>
    claim === undefined || (claim === 'email' && isUnverified(claims)) ? null : plain(claims[claim])
  const usual = [names.account, 'email', 'preferred_username', 'username']
  return {
    name: usual.map(read).find((name) => name !== null) ?? null,
    subject: subjectOf(claims.sub),
    organisation: read(names.organisation),
  }
}

/** An address that nobody has proven to be theirs is anybody's (OpenID Connect Core §5.1). Some write a string. */
const isUnverified = ({ email_verified: verified }: Claims) =>
  verified === false || verified === 'false'

function subjectOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_SUBJECT ? value : null
}

async function userInfo(party: Party, { claims, accessToken }: Tokens): Promise<Claims | null> {
  // Without an ID token there is no subject that userinfo would have to repeat (§5.3.2), so it could be anybody's.
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

async function introspected(party: Party, tokens: Tokens): Promise<Claims | null> {
  const { provider, clientId } = party
  if (provider.introspection_endpoint === undefined || !mayIntrospect(party)) return null
  const client = asClient(party)
  try {
    const response = await oauth.introspectionRequest(
      provider,
      client,
      authentication(party),
      tokens.accessToken,
      requestOptions(party),
    )
    const answer = await oauth.processIntrospectionResponse(provider, client, response)
    const ofUs = answer.client_id === undefined || answer.client_id === clientId
    const known = subjectOf(tokens.claims?.sub)
    const ofThem = known === null || answer.sub === undefined || answer.sub === known
    return answer.active && ofUs && ofThem ? answer : null
  } catch {
    return null
  }
}

/** RFC 7662 §2.1: the endpoint is for clients that prove who they are, unless the provider says otherwise. */
function mayIntrospect({ authMethod, provider }: Party): boolean {
  const methods = provider.introspection_endpoint_auth_methods_supported
  return authMethod !== 'none' || (Array.isArray(methods) && methods.includes('none'))
}

/**
 * Text from outside as a name on a screen and a command line: one line, no control or direction characters.
 *
 * @returns null where nothing is left
 */
export function plain(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = value.replace(/\p{C}+/gu, '').trim()
  return text === '' ? null : text.slice(0, LONGEST)
}
