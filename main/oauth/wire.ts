import * as oauth from 'oauth4webapi'
import type { Fetch } from '../net/dialer.ts'
import { reachesLoopback } from '../net/hosts.ts'
import { parseJsonLimited, readTextLimited } from '../net/limits.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { Quirk } from '../store/quirks.ts'
import { privateKeyJwt } from './client-assertion.ts'
import type { Dpop } from './dpop.ts'
import type { ClientAuthMethod } from './repository.ts'

/** One authorization server as one registered client of it sees it. */
export interface Party {
  readonly provider: oauth.AuthorizationServer
  readonly clientId: string
  readonly authMethod: ClientAuthMethod
  readonly secret: string | null
  /** Already guarded for `policy`. */
  readonly fetch: Fetch
  readonly policy: UrlPolicy
  /** What this provider does otherwise, as the profile of the sign-in had it. */
  readonly quirks: readonly Quirk[]
  /** The key that its tokens are bound to; absent where they are bearer tokens. */
  readonly dpop?: Dpop | undefined
}

const LARGEST = 256 * 1024
const DEEPEST = 32
const DEADLINE_MS = 15_000

/** What every request to the provider has in common. POSTs never follow redirects: the dialer does not. */
export function requestOptions({ fetch, policy, dpop }: Pick<Party, 'fetch' | 'policy' | 'dpop'>) {
  return {
    [oauth.customFetch]: limited(fetch),
    // The URL policy let http through for loopback only, and only for a server that is there itself.
    [oauth.allowInsecureRequests]: reachesLoopback(policy),
    signal: () => AbortSignal.timeout(DEADLINE_MS),
    ...(dpop === undefined ? {} : { DPoP: dpop.provider }),
  }
}

/** RFC 8707 §2: in every request for a code or a token, but to a provider that is known to refuse it. */
export function resourceParameter(
  { quirks }: Pick<Party, 'quirks'>,
  resource: string,
): Record<string, string> {
  return quirks.includes('no-resource-parameter') ? {} : { resource }
}

export function asClient(party: Party): oauth.Client {
  return { client_id: party.clientId, token_endpoint_auth_method: party.authMethod }
}

export function authentication({ authMethod, secret, quirks }: Party): oauth.ClientAuth {
  if (authMethod === 'none' || secret === null) return oauth.None()
  if (authMethod === 'private_key_jwt')
    return privateKeyJwt(secret, quirks.includes('token-endpoint-as-audience'))
  return authMethod === 'client_secret_post' ? oauth.ClientSecretPost(secret) : basic(secret)
}

/**
 * RFC 6749 §2.3.1 with the form encoding of its appendix B. The library's own also escapes `-`, `_` and `.`, which many
 * providers do not undo.
 */
function basic(secret: string): oauth.ClientAuth {
  const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1)
  return (_provider, client, _body, headers) => {
    const credentials = `${encode(client.client_id)}:${encode(secret)}`
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  }
}

/** Reads the answer within limits before the library does, and takes out what it would stumble over. */
function limited(fetch: Fetch) {
  return async (url: string, init: object): Promise<Response> => {
    const response = await fetch(url, init)
    const text = await readTextLimited(response, LARGEST)
    const { status, headers } = response
    const plain = new Headers(headers)
    plain.delete('content-encoding')
    plain.delete('content-length')
    return new Response(text === '' ? null : tidy(text), { status, headers: plain })
  }
}

/** Providers write null for a member they do not have, and a negative lifetime for a token that is over. */
function tidy(text: string): string {
  const value = jsonOrUndefined(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return JSON.stringify(
    Object.fromEntries(
      members.map(([name, member]) =>
        name === 'expires_in' && Number(member) < 0 ? [name, 0] : [name, member],
      ),
    ),
  )
}

function jsonOrUndefined(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  return parseJsonLimited(text, { maxDepth: DEEPEST })
}
