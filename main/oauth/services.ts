import { WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { profileOf } from '../servers/providers.ts'
import type { ProviderProfile, RemoteServer } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { placeUnattended } from './account-place.ts'
import { issuerChoice } from './choose-issuer.ts'
import { checkClientKey } from './client-assertion.ts'
import { type Clients, rememberClient } from './clients.ts'
import { type Discovered, discover } from './discovery.ts'
import type { Dpop, DpopKey } from './dpop.ts'
import type { GiveBack } from './give-back.ts'
import { revokedMeanwhile } from './grant-errors.ts'
import type { GrantRow, Registration, Repository } from './repository.ts'
import { checkScopes, withheldScopes } from './scopes.ts'
import { grantKey } from './sealed-grant.ts'
import { tryVault } from './sign-in.ts'
import { createSignInKeys } from './sign-in-key.ts'
import type { StepUps } from './step-up.ts'
import type { TokenKeeper } from './token-keeper.ts'
import type { Tokens } from './token-requests.ts'
import type { Grant } from './types.ts'
import type { Unattended, UnattendedRequests } from './unattended.ts'
import type { Party } from './wire.ts'

/** Signs in where no person does: as the client itself, or with a token that is exchanged for another. */
export interface Services {
  /** @throws as `Grants.obtain` */
  connect(
    server: { readonly name: string; readonly definition: RemoteServer },
    wish: Wish,
  ): Promise<Grant>
}

interface Wish {
  readonly account?: string | undefined
  readonly issuer?: string | undefined
}

export interface ServicesOptions {
  readonly repository: Repository
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly clients: Clients
  readonly documents: DocumentCache
  readonly keeper: TokenKeeper
  readonly stepUps: StepUps
  readonly requests: UnattendedRequests
  readonly giveBack: GiveBack
  /** The grant that a server's token comes from. @throws WarderError `grant.sign_in_needed` */
  readonly grantFor: (server: string) => GrantRow
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly providers: () => Readonly<Record<string, ProviderProfile>>
  readonly clock: () => number
  readonly randomId: () => string
  readonly onConnected: (row: GrantRow) => void
  /** Revokes a grant that this one takes the place of; local part done when it returns. */
  readonly supersede: (row: GrantRow) => void
}

/** Who asks, and for whom. */
interface Asker {
  readonly kind: GrantRow['kind']
  readonly account: string
  readonly registration: string
  /** Registered by hand, and to be remembered when it has been given a token; null where it is remembered already. */
  readonly client: Registration | null
  readonly clientId: string
  readonly authMethod: Party['authMethod']
  readonly clientSecret: string | null
  /** The server whose definition refers to the secret. */
  readonly secretOf: string
  readonly subject: string | null
  /** What the subject token is bound to; null where it is a bearer token, or there is none. */
  readonly subjectKey: DpopKey | null
}

interface Flow {
  readonly server: string
  readonly label: string | null
  readonly profile: ProviderProfile
  readonly policy: UrlPolicy
  readonly discovered: Discovered
  readonly asker: Asker
  readonly scopes: readonly string[]
  readonly dpop: Dpop | undefined
}

export function createServices(options: ServicesOptions): Services {
  const { repository, clients, keeper, requests, clock } = options
  const keyFor = createSignInKeys(options)

  async function prepare(
    server: { readonly name: string; readonly definition: RemoteServer },
    wish: Wish,
    fetch: Fetch,
    policy: UrlPolicy,
  ): Promise<Flow> {
    const { name, definition } = server
    const label = wish.account ?? null
    const profile = profileOf(options.providers(), definition)
    const from = definition.oauth?.exchange?.from
    const subject = from === undefined ? null : options.grantFor(from)
    const discovered = await discover(
      fetch,
      policy,
      { ...profile, withoutRedirect: true },
      { read: options.documents.asked, choice: choiceOf(name, subject, wish.issuer) },
    )
    const about = { server: name, profile, provider: discovered.provider }
    const asker =
      subject === null ? itself(about, label) : await exchanging(about, definition, subject, label)
    const { issuer } = discovered.provider
    const scopes =
      profile.scopes === undefined
        ? options.stepUps.union(name, issuer, discovered.resource.scopes)
        : checkScopes(profile.scopes, 'The server definition')
    const dpop = keyFor(name, discovered, profile, asker.subjectKey)
    return { server: name, label, profile, policy, discovered, asker, scopes, dpop }
  }

  /** Of several providers, the one that a token comes from; nobody registers, so none is passed over for that. */
  function choiceOf(server: string, subject: GrantRow | null, asked: string | undefined) {
    const choice = issuerChoice(repository, server, asked, {})
    const known =
      subject === null
        ? choice.known
        : (listed: readonly string[]) => listed.find((issuer) => issuer === subject.issuer)
    return { ...choice, known, canEnrol: () => true }
  }

  /** RFC 6749 §4.4: only a client that can prove who it is. */
  function itself(about: About, label: string | null): Asker {
    const { clientId, clientSecret, privateKey } = about.profile
    if (clientId === undefined || (clientSecret === undefined && privateKey === undefined))
      throw new WarderError(
        'oauth.service_incomplete',
        `For ${about.server} the definition, or its profile, has to name a client ID and a secret: its client secret or its private key.`,
      )
    const { registration, clientSecret: reference } = clients.known(about, clientId)
    const { id, authMethod } = registration
    return {
      kind: 'service',
      account: label ?? clientId,
      registration: id,
      client: registration,
      clientId,
      authMethod,
      clientSecret: reference,
      secretOf: about.server,
      subject: null,
      subjectKey: null,
    }
  }

  /**
   * The subject token is shown to the issuer that it came from, at the endpoint that it came from, or to nobody: what a
   * server says of its issuer is checked against that before anything is sent.
   */
  async function exchanging(
    about: About,
    definition: RemoteServer,
    subject: GrantRow,
    label: string | null,
  ): Promise<Asker> {
    const { sealed } = await requests.subject(subject.id)
    const { provider, server } = about
    if (provider.issuer !== sealed.issuer || provider.token_endpoint !== sealed.tokenEndpoint)
      throw new WarderError(
        'oauth.issuer_mismatch',
        `${server} names another provider than the one of ${subject.server}/${subject.account}, so the token of that account was shown to nobody.`,
      )
    const shared = {
      kind: 'exchange',
      account: label ?? subject.account,
      subject: subject.id,
      subjectKey: sealed.dpopKey,
    } as const
    const clientId = definition.oauth?.clientId
    if (clientId === undefined)
      return {
        ...shared,
        registration: subject.registration,
        client: null,
        clientId: sealed.clientId,
        authMethod: sealed.authMethod,
        clientSecret: sealed.clientSecret,
        secretOf: sealed.secretOf ?? subject.server,
      }
    const { registration, clientSecret } = clients.known(about, clientId)
    const { id, authMethod } = registration
    return {
      ...shared,
      registration: id,
      client: registration,
      clientId,
      authMethod,
      clientSecret,
      secretOf: server,
    }
  }

  async function keep(flow: Flow, sealed: Unattended, tokens: Tokens): Promise<Grant> {
    const label = `grant:${flow.server}`
    options.knownSecrets.add(`${label} access token`, tokens.accessToken)
    const { kind, account: name } = flow.asker
    const place = placeUnattended(repository, { server: flow.server, kind }, name)
    const { earlier } = place
    const row = rowOf(flow, tokens, place)
    const replaced = earlier !== undefined && earlier.id !== row.id ? earlier : undefined
    if (flow.asker.client !== null) rememberClient(repository, flow.asker.client)
    // Listed before the vault holds it, as at a person's sign-in.
    if (earlier === undefined) repository.saveGrant({ ...row, state: 'sign-in-needed' })
    try {
      await keeper.adopt(row, sealed, tokens)
    } catch (error) {
      if (earlier === undefined) repository.removeGrant(row.id)
      throw error
    }
    const isRevoking = (id: string) => repository.grant(id)?.state === 'revoking'
    if (isRevoking(row.id)) throw revokedMeanwhile()
    // A revocation that is over looks for nothing more.
    if (replaced === undefined && repository.grant(row.id) === null) {
      await options.vault().delete(grantKey(row.id))
      throw revokedMeanwhile()
    }
    if (replaced !== undefined && !isRevoking(replaced.id)) options.supersede(replaced)
    repository.saveGrant(row)
    options.stepUps.asked(flow.server, flow.scopes)
    options.onConnected(row)
    return row
  }

  function rowOf(flow: Flow, tokens: Tokens, { account, earlier }: Placed): GrantRow {
    const { asker, discovered, profile } = flow
    const { issuer } = discovered.provider
    const { resource } = discovered.resource
    const same =
      earlier?.kind === asker.kind &&
      earlier.issuer === issuer &&
      earlier.clientId === asker.clientId &&
      earlier.resource === resource &&
      earlier.exchangedFrom === asker.subject
    return {
      id: same ? earlier.id : options.randomId(),
      server: flow.server,
      account,
      label: flow.label === account ? flow.label : null,
      kind: asker.kind,
      exchangedFrom: asker.subject,
      subject: null,
      organisation: null,
      issuer,
      registration: asker.registration,
      clientId: asker.clientId,
      resource,
      scopes: tokens.scopes ?? flow.scopes,
      withheld: withheldScopes(flow.scopes, tokens.scopes),
      state: 'connected',
      renewable: true,
      quirks: profile.quirks,
      bound: flow.dpop === undefined ? null : 'dpop',
      connectedAt: clock(),
      since: earlier?.since ?? clock(),
      refreshedAt: null,
      expiresAt: tokens.expiresAt,
    }
  }

  return {
    async connect(server, wish) {
      await tryVault(options.vault())
      const policy = urlPolicyOf(server.definition)
      const fetch = options.fetch(policy)
      const flow = await prepare(server, wish, fetch, policy)
      const { asker, discovered, dpop, profile } = flow
      const { provider } = discovered
      const { authMethod, clientId, clientSecret } = asker
      const secret = await clients.secret(clientSecret, asker.secretOf, provider.issuer)
      if (authMethod === 'private_key_jwt') checkClientKey(secret ?? '')
      const sealed = seal(flow)
      const { quirks } = profile
      const party = { provider, clientId, authMethod, secret, fetch, policy, quirks, dpop }
      const tokens = await requests.ask({ server: server.name, ...asker }, sealed, party)
      const unwanted = () => {
        const id = options.randomId()
        const account = `unfinished-${id.slice(0, 6)}`
        const row = rowOf(flow, tokens, { account, earlier: undefined })
        return { row: { ...row, id }, sealed: { ...sealed, accessToken: tokens.accessToken } }
      }
      return options.giveBack.unlessKept(party, tokens, unwanted, () => keep(flow, sealed, tokens))
    },
  }
}

type Placed = ReturnType<typeof placeUnattended>

interface About {
  readonly server: string
  readonly profile: ProviderProfile
  readonly provider: Discovered['provider']
}

function seal({ asker, discovered, dpop, policy, profile, scopes }: Flow): Unattended {
  const { provider, resource } = discovered
  const { serverUrl, allowPrivateNetwork = false } = policy
  return {
    v: 1,
    serverUrl,
    allowPrivateNetwork,
    resource: resource.resource,
    issuer: provider.issuer,
    tokenEndpoint: provider.token_endpoint,
    revocationEndpoint: provider.revocation_endpoint ?? null,
    introspectionEndpoint: provider.introspection_endpoint ?? null,
    minted: 0,
    seenActive: 0,
    dpopKey: dpop?.key ?? null,
    clientId: asker.clientId,
    redirectUri: '',
    authMethod: asker.authMethod,
    clientSecret: asker.clientSecret,
    secretOf: asker.secretOf,
    signingAlgorithms: provider.token_endpoint_auth_signing_alg_values_supported,
    refreshToken: null,
    accessToken: null,
    expiresAt: null,
    metadataUrl: profile.metadataUrl ?? null,
    quirks: profile.quirks,
    revokePage: profile.revokePage ?? null,
    revocationEndsEveryGrant: profile.revocationEndsEveryGrant ?? false,
    asks:
      asker.subject === null
        ? { grantType: 'client_credentials', scopes: [...scopes] }
        : { grantType: 'token-exchange', scopes: [...scopes], subject: asker.subject },
  }
}
