import { z } from 'zod'
import { isWarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import { parseJsonLimited, readTextLimited } from '../net/limits.ts'
import { isNotConnected } from '../net/net-error.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import type { Provider } from './metadata.ts'

/** Where a client of ours is managed, and the token that does it (RFC 7592 §1.3); the token lies in the vault. */
export const management = z.object({
  uri: z.string(),
  token: z.string(),
  /** Of the server whose sign-in registered the client: requests are made under its policy. */
  serverUrl: z.string(),
  allowPrivateNetwork: z.union([z.boolean(), z.array(z.string()).readonly()]),
})
export type Management = z.output<typeof management>

const LARGEST = 256 * 1024
const DEEPEST = 32
const DEADLINE_MS = 15_000

const visible = /^[\x21-\x7e]{1,16384}$/

const offer = z.object({
  registration_client_uri: z.string(),
  registration_access_token: z.string().regex(visible),
})

/**
 * What a registration response offers for managing the client. An address at another origin than the issuer's or the
 * registration endpoint's could be anybody's: it is not used, and gets no token.
 */
export function managementOf(
  body: unknown,
  provider: Pick<Provider, 'issuer' | 'registration_endpoint'>,
  policy: UrlPolicy,
): Management | null {
  const parsed = offer.safeParse(body)
  if (!parsed.success) return null
  const { registration_client_uri: uri, registration_access_token: token } = parsed.data
  if (!isAtHome(uri, provider, policy)) return null
  const { serverUrl, allowPrivateNetwork = false } = policy
  return { uri, token, serverUrl, allowPrivateNetwork }
}

function isAtHome(
  uri: string,
  { issuer, registration_endpoint: endpoint }: Pick<Provider, 'issuer' | 'registration_endpoint'>,
  policy: UrlPolicy,
): boolean {
  const homes = [issuer, endpoint].flatMap((url) => (url ? [new URL(url).origin] : []))
  return homes.includes(checkUrl(uri, 'registration_endpoint', policy).origin)
}

export const policyOfManagement = ({ serverUrl, allowPrivateNetwork }: Management): UrlPolicy => ({
  serverUrl,
  allowPrivateNetwork,
})

/** RFC 7592 §3: what a read or an update answers with. The token, and the secret, may be new. */
const clientInformation = z.object({
  client_id: z.string(),
  client_secret: z
    .string()
    .regex(/^[\x20-\x7e]{1,2048}$/)
    .nullish(),
  client_secret_expires_at: z.number().nullish(),
  registration_access_token: z.string().regex(visible).nullish(),
})

export interface ManagedClient {
  readonly secret: string | null
  /** Seconds since the epoch; 0 for never, which also stands where the provider says nothing. */
  readonly secretExpiresAt: number
  /** With the token that counts from now on. */
  readonly management: Management
  /** What the provider holds, for an update. */
  readonly metadata: Record<string, unknown>
}

/** RFC 7592 §2.1. @returns null where the provider does not show the client @throws WarderError `net.*` */
export async function readClient(
  fetch: Fetch,
  managed: Management,
  clientId: string,
): Promise<ManagedClient | null> {
  return informationIn(await send(fetch, managed, 'GET'), managed, clientId)
}

/** What only the provider writes (RFC 7592 §2.2). */
const notOurs = new Set([
  ...['registration_access_token', 'registration_client_uri'],
  ...['client_secret_expires_at', 'client_id_issued_at'],
])

/**
 * Sends back what the provider holds, at which it may give the client a new secret (RFC 7592 §2.2).
 *
 * @returns null where the provider did not take it @throws WarderError `net.*`
 */
export async function updateClient(
  fetch: Fetch,
  { management: managed, metadata }: ManagedClient,
  clientId: string,
): Promise<ManagedClient | null> {
  const ours = Object.entries(metadata).filter(([name]) => !notOurs.has(name))
  const body = JSON.stringify({ ...Object.fromEntries(ours), client_id: clientId })
  return informationIn(await send(fetch, managed, 'PUT', body), managed, clientId)
}

async function informationIn(
  response: Response,
  managed: Management,
  clientId: string,
): Promise<ManagedClient | null> {
  const text = await readTextLimited(response, LARGEST)
  if (response.status !== 200) return null
  const json = jsonOrNull(text)
  const parsed = clientInformation.safeParse(json)
  if (!parsed.success || parsed.data.client_id !== clientId) return null
  const { client_secret, client_secret_expires_at, registration_access_token } = parsed.data
  return {
    secret: client_secret ?? null,
    secretExpiresAt: client_secret_expires_at ?? 0,
    management: { ...managed, token: registration_access_token ?? managed.token },
    metadata: json as Record<string, unknown>,
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return parseJsonLimited(text, { maxDepth: DEEPEST })
  } catch (error) {
    if (isWarderError(error, 'net.malformed')) return null
    throw error
  }
}

/** How an attempt to delete a client ended. `pending`: to be tried again. */
export interface Deletion {
  readonly status: number | null
  readonly outcome: 'done' | 'failed' | 'pending'
  readonly detail: string
}

/** RFC 7592 §2.3. Never throws for what the provider answers. */
export async function deleteClient(fetch: Fetch, managed: Management): Promise<Deletion> {
  try {
    const response = await send(fetch, managed, 'DELETE')
    await response.body?.cancel()
    return judge(response.status)
  } catch (error) {
    if (isWarderError(error) && !isNotConnected(error))
      return {
        status: null,
        outcome: 'failed',
        detail: `The provider was not asked to delete Warder's registration: ${error.message}`,
      }
    return { status: null, outcome: 'pending', detail: AGAIN('could not be reached') }
  }
}

const AGAIN = (what: string) =>
  `The provider ${what}: Warder asks again to delete its registration.`

/** RFC 7592 §2.3 says 204; glewlwyd says 200. Who does not know the token or the client any more has none of ours. */
function judge(status: number): Deletion {
  if (status === 204 || status === 200)
    return {
      status,
      outcome: 'done',
      detail:
        "The provider deleted Warder's registration, and with it should end what it was given.",
    }
  if (status === 401 || status === 404)
    return { status, outcome: 'done', detail: 'The provider has no such registration any more.' }
  if (status >= 500 || status === 429)
    return { status, outcome: 'pending', detail: AGAIN(`answered ${status}`) }
  return {
    status,
    outcome: 'failed',
    detail: `The provider keeps Warder's registration (${status}); nobody has a token of it.`,
  }
}

/** The dialer follows no redirect: the token goes to this address or nowhere. */
function send(
  fetch: Fetch,
  { uri, token }: Management,
  method: 'GET' | 'PUT' | 'DELETE',
  body?: string,
): Promise<Response> {
  return fetch(uri, {
    method,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
}
