import { WarderError } from '../errors.ts'
import type { Asker } from '../oauth/asker.ts'
import { coversServer } from '../oauth/discovery.ts'
import { connectedOtherwise } from '../oauth/grant-kind.ts'
import type { AccessToken, Grants } from '../oauth/types.ts'
import type { Runs } from '../runtime/runs.ts'
import {
  destination,
  grantKind,
  type Injection,
  injections,
  type Server,
  signsIn,
} from '../servers/servers.ts'
import {
  isRemote,
  type LocalServer,
  parseReference,
  type Reference,
  type RemoteServer,
} from '../store/config-schema.ts'
import { fileOf } from '../store/local-schema.ts'
import type { NamedSecrets } from '../vault/secrets.ts'
import type { Credential } from './upstream/upstream.ts'

/** The credentials that a server's definition asks for, fetched at the moment they are used. */
export interface Injector {
  /** Headers for one message of whoever asks to a remote server. @throws WarderError `grant.*`, `secret.*`, `vault.*` */
  headers(server: Server, asker: Asker): Promise<Credential>
  /** Environment for a local server that is about to start. @throws WarderError as above */
  environment(server: Server, asker: Asker): Promise<Credential>
}

export function createInjector(options: {
  grants: Pick<Grants, 'accessToken' | 'rejected' | 'insufficient'>
  secrets: Pick<NamedSecrets, 'read'>
  /** @throws WarderError `policy.*` while nothing may leave */
  refuse?: () => void
  /** Looked at before anything is fetched for a local server. */
  runs?: Pick<Runs, 'confirmed'>
}): Injector {
  const { grants, secrets } = options

  async function resolve(from: Reference, server: Server, asker: Asker) {
    if (from.kind === 'secret') {
      const value = await secrets.read(from.name, {
        server: server.name,
        destination: destination(server.definition),
      })
      return { value, token: null }
    }
    const token = await grants.accessToken(from.server, asker)
    if (token.proof !== null)
      throw new WarderError(
        'grant.bound',
        `The token of ${from.server} is bound to a key that never leaves Warder (DPoP), so ${server.name} could do nothing with it.`,
      )
    const { definition } = server
    if (isRemote(definition) && !coversServer(token.serverUrl, definition.url))
      throw new WarderError(
        'grant.elsewhere',
        `The token of ${from.server} is for that server alone, so ${server.name} at another URL does not get it.`,
      )
    return { value: token.value, token }
  }

  /** What a definition asks for, references resolved, and the tokens among it. */
  async function gather(server: Server, asker: Asker) {
    const found: (Injection & { readonly value: string })[] = []
    const tokens: AccessToken[] = []
    for (const injection of injections(server.definition)) {
      const { value, token } = await resolve(injection.from, server, asker)
      found.push({ ...injection, value })
      if (token !== null) tokens.push(token)
    }
    const into = (kind: Injection['into']) =>
      found.filter((one) => one.into === kind).map(({ name, value }) => [name, value] as const)
    return { into, tokens }
  }

  /** What a local server gets: at its start, and in the headers of each request where it speaks HTTP. */
  async function forLocal(server: Server, definition: LocalServer, asker: Asker) {
    const { into, tokens } = await gather(server, asker)
    const files = into('file').map(([name, value]) => {
      const { once } = fileOf(definition.files?.[name] ?? '')
      return [name, { value, once }] as const
    })
    const headers = [...plain(definition.http?.headers), ...into('header')]
    return {
      server,
      headers: inLowerCase(headers),
      environment: Object.fromEntries([...plain(definition.env), ...into('variable')]),
      placed: {
        files: Object.fromEntries(files),
        arguments: Object.fromEntries(into('argument')),
      },
      ...usedGrants(tokens),
    }
  }

  return {
    async headers(server, asker) {
      options.refuse?.()
      const { definition } = server
      if (!isRemote(definition))
        return { ...(await forLocal(server, definition, asker)), environment: null, placed: null }
      // Most remote servers ask for nothing but the token.
      const asksMore = injections(definition).length > 0
      const { into, tokens } = asksMore ? await gather(server, asker) : NOTHING_FOUND
      const injected = into('header')
      const written = writtenHeaders(definition)
      const headers = injected.length === 0 ? written : { ...written, ...inLowerCase(injected) }
      const query = inQuery(into('query'))
      if (!signsIn(definition))
        return { server, headers, ...query, environment: null, ...usedGrants(tokens) }

      const token = await grants.accessToken(server.name, asker)
      // What was exchanged for one account's token is not what the definition asks of another's.
      const sameWay =
        token.grant.kind === grantKind(definition) &&
        token.from === definition.oauth?.exchange?.from
      if (!sameWay) throw connectedOtherwise(server.name)
      // A token goes nowhere but where it was issued for.
      if (token.serverUrl !== definition.url)
        throw new WarderError(
          'grant.sign_in_needed',
          `${server.name} was signed in at another URL; sign in again with \`warder connect ${server.name}\`.`,
        )
      return {
        server,
        headers: { ...headers, ...authorization(token) },
        ...query,
        environment: null,
        proof: token.proof,
        ...usedGrants([token, ...tokens]),
        renew: async () => void (await grants.rejected(token)),
        widen: (scopes, operation) =>
          grants.insufficient(token, { scopes, operation, configured: definition.oauth?.scopes }),
      }
    },
    async environment(server, asker) {
      options.refuse?.()
      const { definition } = server
      if (isRemote(definition)) return { server, ...NOTHING }
      await options.runs?.confirmed({ name: server.name, definition })
      return forLocal(server, definition, asker)
    },
  }
}

const plain = (configured: Readonly<Record<string, string>> = {}) =>
  Object.entries(configured).filter(([, value]) => parseReference(value) === null)

const inLowerCase = (values: (readonly [name: string, value: string])[]) =>
  Object.fromEntries(values.map(([name, value]) => [name.toLowerCase(), value]))

/** The headers that are no references. Asked at every call; a definition that was read is never changed, only replaced. */
function writtenHeaders(definition: RemoteServer): Readonly<Record<string, string>> {
  const known = written.get(definition)
  if (known !== undefined) return known
  const found = Object.freeze(inLowerCase(plain(definition.headers)))
  written.set(definition, found)
  return found
}

const written = new WeakMap<RemoteServer, Readonly<Record<string, string>>>()

const inQuery = (values: (readonly [name: string, value: string])[]) =>
  values.length === 0
    ? {}
    : { query: values.map((pair) => pair.map(encodeURIComponent).join('=')).join('&') }

/** A bound token has no header that would be good for two requests, and is never shown as a bearer token. */
const authorization = ({ value, proof }: AccessToken) =>
  proof === null ? { authorization: `Bearer ${value}` } : {}

const usedGrants = (tokens: readonly AccessToken[]) =>
  tokens.length === 0
    ? NO_GRANTS
    : {
        account: tokens.map(({ grant }) => accountOf(grant)).join(' '),
        accounts: tokens.map(({ grant: { server, account } }) => ({ server, account })),
        grants: tokens.map(({ grant }) => grant.id),
      }

/** A client ID is no person, however it reads. */
const accountOf = ({ server, account, kind }: AccessToken['grant']) =>
  `${kind === 'service' ? 'service:' : ''}${server}/${account}`

const NOTHING_FOUND = { into: () => [], tokens: [] }
const NO_GRANTS = { account: null, accounts: [], grants: [] } as const
const NOTHING = { headers: {}, environment: null, ...NO_GRANTS } as const
