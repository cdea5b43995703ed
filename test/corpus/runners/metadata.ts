import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { isWarderError } from '../../../main/errors.ts'
import { clientDocumentProblem } from '../../../main/oauth/client-document.ts'
import type { SignIn } from '../../../main/oauth/types.ts'
import { startStage } from '../../net/stage.ts'
import { type House, openHouse, serverAt } from '../../oauth/support/house.ts'
import type { Outcome } from '../corpus.ts'
import { type Body, send } from './metadata-bodies.ts'

const entrySchema = z.looseObject({
  id: z.string(),
  kind: z.enum([
    'as_metadata',
    'as_metadata_raw',
    'prm',
    'www_authenticate',
    'registration_response',
    'token_response',
    'cimd',
  ]),
  fetched_from: z.string(),
  configured_server: z.string(),
  input: z.unknown(),
  expect: z.string(),
  expected_issuer: z.string().optional(),
  stored: z.looseObject({ issuer: z.string() }).optional(),
  /** What a provider profile says of the issuer: that it does PKCE with S256, whatever its metadata leave out. */
  provider_profile: z
    .strictObject({ pkce: z.literal('S256'), issuer_pattern: z.literal('exact') })
    .optional(),
  /** The resource takes only tokens that are bound to a key, and the provider says that it issues them. */
  dpop_required: z.boolean().optional(),
})

type Entry = z.output<typeof entrySchema>

/** A document is judged by what a sign-in did that met it: the real room, the real dialer, a painted internet. */
export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const raw of entries) {
    const { id } = raw as { id: string }
    const parsed = entrySchema.safeParse(raw)
    const reason = parsed.success
      ? await failure(parsed.data).catch((error: unknown) => `broke: ${error}`)
      : `cannot be run: ${z.prettifyError(parsed.error)}`
    outcomes.push(reason === null ? { id, passed: true } : { id, passed: false, reason })
  }
  return outcomes
}

async function failure(entry: Entry): Promise<string | null> {
  if (entry.kind === 'cimd') return published(entry)
  const internet = paint(entry)
  await using stage = await startStage({ localhost: ['127.0.0.1'] }, internet.respond)
  await using house = await openHouse({
    fetch: stage.dialer.fetch,
    providers: profiles(entry),
  })
  if (entry.stored !== undefined) return await meetWithGrant(entry, house, internet)
  internet.show(entry)
  const met = await meet(entry, house).catch((error: unknown) => {
    if (isWarderError(error) && error.code !== 'internal.unexpected') return null
    throw error
  })
  if (entry.dpop_required && !internet.proved()) return 'was met without a proof'
  if (entry.expect === 'reject') return met === null ? null : 'was accepted'
  return met === null ? 'was refused' : await misused(entry, house, met)
}

/** A document of ours is judged before it is printed. */
function published({ fetched_from: url, input, expect }: Entry): string | null {
  const problem = clientDocumentProblem(input, url)
  if (expect === 'reject') return problem === null ? 'was accepted' : null
  return problem
}

const profiles = (entry: Entry) => ({
  corpus:
    entry.provider_profile === undefined
      ? {}
      : { issuer: entry.expected_issuer, quirks: ['no-pkce-metadata'] },
})

/** Signs in; where the document is a token response, to the end. */
async function meet(entry: Entry, house: House): Promise<SignIn> {
  // Few documents of the corpus offer registration, and what they are about is another thing.
  const byHand = { clientId: 'by-hand', redirectUri: 'http://127.0.0.1/cb' }
  const registers =
    entry.kind === 'registration_response' || entry.expect === 'accept-first-trusted'
  const client = registers ? undefined : byHand
  const { name, definition } = serverAt(entry.configured_server, client)
  const server = { name, definition: { ...definition, provider: 'corpus' } }
  const signIn = await house.grants.connect(server)
  if (entry.kind === 'token_response') {
    const request = new URL(signIn.url).searchParams
    const answer = { code: 'c', state: request.get('state') ?? '', iss: signIn.issuer }
    await fetch(`${request.get('redirect_uri')}?${new URLSearchParams(answer)}`)
    await signIn.completed
  } else signIn.cancel()
  return signIn
}

/** Accepted is not enough: used in the way that the entry asks for. */
async function misused(entry: Entry, house: House, signIn: SignIn): Promise<string | null> {
  const input = entry.input as Record<string, unknown>
  const [grant] = house.grants.list()
  switch (entry.expect) {
    case 'accept-first-trusted': {
      const [first] = input.authorization_servers as string[]
      return signIn.issuer === first ? null : 'led to another provider'
    }
    case 'accept-with-iss-check':
      return signIn.host === new URL(signIn.issuer).host ? 'hides who is opened' : null
    case 'accept-encoded': {
      const request = new URL(signIn.url).searchParams
      const whole = request.get('client_id') === input.client_id
      return whole && request.getAll('redirect_uri').length === 1 ? null : 'was not encoded'
    }
    case 'accept-store-secret': {
      const [row] = house.state.prepare('SELECT id FROM registrations').all()
      const item = await house.vault.get(`registration:${row?.id}`)
      return item?.includes(String(input.client_secret)) ? null : 'is not in the vault'
    }
    case 'accept-expired':
      return (grant?.expiresAt ?? Infinity) <= house.time.now ? null : 'counts as alive'
    case 'accept-capped':
      return Number.isSafeInteger(grant?.expiresAt) ? null : 'overflows'
    case 'accept-flag':
      return grant?.scopes.join(' ') === input.scope ? null : 'shows other scopes than granted'
    default:
      return null
  }
}

/** With a grant from before: the changed document must not see what belongs to it. */
async function meetWithGrant(
  entry: Entry,
  house: House,
  internet: Internet,
): Promise<string | null> {
  await meet({ ...entry, kind: 'token_response' }, house)
  internet.show(entry)
  const sentBefore = internet.sent.length
  house.time.now += 86_400_000
  const use = entry.kind === 'prm' ? meet(entry, house) : house.grants.accessToken('notes')
  const used = await use.catch((error: unknown) => error)
  if (!isWarderError(used)) return 'was accepted'
  const secrets = [...house.knownSecrets.entries()].map(({ value }) => value)
  const since = internet.sent.slice(sentBefore).join('\n')
  return secrets.some((secret) => since.includes(secret)) ? 'was sent a secret' : null
}

interface Internet {
  readonly respond: (request: IncomingMessage, response: ServerResponse) => void
  /** From now on the entry's document stands where the good one stood. */
  show(entry: Entry): void
  /** Credentials and bodies of all requests. */
  readonly sent: readonly string[]
  /** The token endpoint was sent a DPoP proof. */
  proved(): boolean
}

/** An MCP server, its provider, and good documents at both. */
function paint(entry: Entry): Internet {
  const issuer = entry.stored?.issuer ?? entry.expected_issuer ?? issuerOf(entry)
  const server = new URL(entry.configured_server)
  const place = (url: string | URL) => `${new URL(url).host}${new URL(url).pathname}`
  const metadataAt = place(
    entry.kind.startsWith('as_metadata') ? entry.fetched_from : wellKnown(issuer),
  )
  const resourceAt = `${server.host}/.well-known/oauth-protected-resource${server.pathname}`
  const sent: string[] = []
  let proved = false
  const bodies = new Map<string, Body>([
    [place(server), { status: 401 }],
    [
      resourceAt,
      {
        json: {
          resource: entry.configured_server,
          authorization_servers: [issuer],
          ...(entry.dpop_required && { dpop_bound_access_tokens_required: true }),
        },
      },
    ],
    [
      metadataAt,
      {
        json: {
          ...goodMetadata(issuer),
          ...(entry.dpop_required && { dpop_signing_alg_values_supported: ['ES256'] }),
        },
      },
    ],
    [place(`${issuer}/register`), { registration: { client_id: 'c1' } }],
    [
      place(`${issuer}/token`),
      {
        json: {
          access_token: 'AT-of-the-grant',
          token_type: 'Bearer',
          expires_in: 3600,
          refresh_token: 'RT-of-the-grant',
        },
      },
    ],
    [place(`${issuer}/par`), { status: 201, json: { request_uri: 'urn:x:1', expires_in: 60 } }],
  ])
  const at: Record<Entry['kind'], string> = {
    as_metadata: metadataAt,
    as_metadata_raw: metadataAt,
    prm: resourceAt,
    www_authenticate: place(server),
    registration_response: place(`${issuer}/register`),
    token_response: place(`${issuer}/token`),
    cimd: place(entry.fetched_from),
  }
  return {
    sent,
    proved: () => proved,
    show: ({ kind, input }) => void bodies.set(at[kind], bodyOf(kind, input)),
    respond: (request, response) => {
      proved ||= request.url === new URL(`${issuer}/token`).pathname && 'dpop' in request.headers
      const body = bodies.get(`${request.headers.host}${request.url}`) ?? { status: 404 }
      send(request, response, body, (text) =>
        sent.push(`${request.headers.authorization ?? ''} ${text}`),
      )
    },
  }
}

function bodyOf(kind: Entry['kind'], input: unknown): Body {
  if (kind === 'www_authenticate') return { status: 401, challenge: String(input) }
  if (kind === 'registration_response') return { registration: input as Record<string, unknown> }
  return kind === 'as_metadata_raw' ? { raw: input } : { json: input }
}

const goodMetadata = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  code_challenge_methods_supported: ['S256'],
  scopes_supported: ['files:read'],
})

function wellKnown(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
}

/** What the document was asked for by, from where it lay. */
function issuerOf({ fetched_from: location, kind }: Entry): string {
  if (!kind.startsWith('as_metadata')) return 'https://auth.vendor.example'
  return location.replace(/\/\.well-known\/(?:oauth-authorization-server|openid-configuration)/, '')
}
