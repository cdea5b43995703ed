import { WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { Browser } from '../ports.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { profileOf } from '../servers/providers.ts'
import type { ProviderProfile, RemoteServer } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { identify, type Person } from './account.ts'
import { type Place, placeAccount } from './account-place.ts'
import {
  createSignInRequest,
  profileParameters,
  type SignInRequest,
  signInPage,
} from './authorization.ts'
import { openSignInPage } from './browser.ts'
import { issuerChoice } from './choose-issuer.ts'
import type { Clients, Enrolment } from './clients.ts'
import { type Discovered, discover } from './discovery.ts'
import { bindsTokens, createDpopKey, type Dpop, openDpop } from './dpop.ts'
import type { GrantRow, Repository } from './repository.ts'
import { chooseScopes, withheldScopes } from './scopes.ts'
import type { SealedGrant } from './sealed-grant.ts'
import type { StepUps } from './step-up.ts'
import type { TokenKeeper } from './token-keeper.ts'
import { exchangeCode, type Tokens } from './token-requests.ts'
import type { Connected, SignIn } from './types.ts'
import type { Party } from './wire.ts'

export interface SignIns {
  /** @throws as `Grants.connect` */
  connect(server: Server, wish: Wish): Promise<SignIn>
  /** Gives up what waits for a person, and waits for what is being stored. */
  close(): Promise<void>
}

interface Server {
  readonly name: string
  readonly definition: RemoteServer
}

interface Wish {
  readonly account?: string | undefined
  /** Which of the providers that the server names; left out, the one where Warder is known or can register. */
  readonly issuer?: string | undefined
}

export interface SignInsOptions {
  readonly repository: Repository
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly browser: Browser
  readonly clients: Clients
  readonly keeper: TokenKeeper
  readonly stepUps: StepUps
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly documents: DocumentCache
  readonly settings: () => { readonly clientMetadataUrl?: string | undefined }
  readonly providers: () => Readonly<Record<string, ProviderProfile>>
  readonly clock: () => number
  readonly randomBytes: (size: number) => Buffer
  readonly randomId: () => string
  readonly onConnected: (row: GrantRow) => void
  /** Revokes a grant that a new sign-in takes the place of; local part done when it returns. */
  readonly supersede: (row: GrantRow) => void
}

const LIFETIME_MS = 600_000

const VAULT_CHECK = 'sign-in-check'

/** Everything that one sign-in goes by, from discovery on. */
interface Flow {
  readonly id: string
  readonly server: Server
  readonly label: string | undefined
  readonly profile: ProviderProfile
  readonly discovered: Discovered
  readonly enrolment: Enrolment
  readonly party: Party
  readonly request: SignInRequest
}

export function createSignIns(options: SignInsOptions): SignIns {
  const { repository, clock } = options
  /** Server name → how to give up its sign-in: one at a time for each server, the newest counts. */
  const pending = new Map<string, () => void>()
  const completing = new Set<Promise<unknown>>()

  async function connect(server: Server, wish: Wish): Promise<SignIn> {
    await tryVault(options.vault())
    const flow = await prepare(server, wish)
    const { listener } = flow.enrolment
    try {
      const page = await signInPage(flow.party, flow.request)
      const expiresAt = clock() + LIFETIME_MS
      const completed = complete(flow, expiresAt)
      completing.add(completed)
      // Whoever does not wait for the outcome is told by events; it is no unhandled rejection.
      const over = () => completing.delete(completed)
      completed.then(over, over)
      const { issuer, scopes } = flow.request
      const { id } = flow
      const { url, host } = page
      const open = () => openSignInPage(options.browser, page)
      const { cancel, paste: answer } = listener
      const { otherIssuers } = flow.discovered
      const about = { url, host, issuer, otherIssuers, scopes, expiresAt }
      return { flow: id, ...about, open, answer, completed, cancel }
    } catch (error) {
      listener.cancel()
      throw error
    }
  }

  async function prepare(server: Server, wish: Wish): Promise<Flow> {
    const { definition } = server
    const policy = urlPolicyOf(definition)
    const fetch = options.fetch(policy)
    const profile = profileOf(options.providers(), definition)
    const discovered = await discover(fetch, policy, profile, {
      read: options.documents.asked,
      choice: issuerChoice(repository, server.name, wish.issuer, options.settings()),
    })
    const { provider, resource } = discovered
    const usual = chooseScopes({
      configured: profile.scopes,
      resource: resource.scopes,
      provider: provider.scopes_supported ?? [],
      quirks: profile.quirks,
    })
    // What a person fixed in the definition is not widened by what a server says.
    const scopes =
      definition.oauth?.scopes === undefined
        ? options.stepUps.union(server.name, provider.issuer, usual)
        : usual
    const dpop = binding(server.name, discovered, profile)
    pending.get(server.name)?.()
    const wanted = { server: server.name, profile, provider, scopes, fetch, policy }
    const enrolment = await options.clients.enrol(wanted)
    const { listener, registration, clientSecret } = enrolment
    try {
      const { issuer } = provider
      const secret = await options.clients.secret(clientSecret, server.name, issuer)
      const { clientId, authMethod } = registration
      const about = {
        issuer,
        redirectUri: listener.redirectUri,
        resource: resource.resource,
        scopes,
        further: profileParameters(profile, resource.resource),
      }
      return {
        id: options.randomId(),
        server,
        label: wish.account,
        profile,
        discovered,
        enrolment,
        party: {
          provider,
          clientId,
          authMethod,
          secret,
          fetch,
          policy,
          quirks: profile.quirks,
          dpop,
        },
        request: createSignInRequest(about, options.randomBytes),
      }
    } catch (error) {
      listener.cancel()
      throw error
    }
  }

  /** The key of a grant is older than the grant: the very first request already names it (RFC 9449 §10). */
  function binding(
    server: string,
    { provider, resource }: Discovered,
    { quirks }: ProviderProfile,
  ): Dpop | undefined {
    const bound = repository
      .grants()
      .some((row) => row.server === server && row.state !== 'revoking' && row.bound === 'dpop')
    // No provider binds ID tokens, so there a proof would prove nothing.
    const usable = resource.dpop.usable && !quirks.includes('id-token-as-bearer')
    if (!bindsTokens({ ...resource.dpop, usable }, provider, bound)) return undefined
    const key = createDpopKey()
    options.knownSecrets.add(`sign-in:${server} DPoP key`, key.d)
    return openDpop(key, clock)
  }

  async function complete(flow: Flow, expiresAt: number): Promise<Connected> {
    const { request, party, enrolment, server } = flow
    const { provider } = party
    const issAdvertised = provider.authorization_response_iss_parameter_supported === true
    const { cancel } = enrolment.listener
    pending.set(server.name, cancel)
    options.knownSecrets.add(`sign-in:${server.name} verifier`, request.verifier)
    try {
      const answer = await enrolment.listener.wait({ ...request, issAdvertised }, expiresAt)
      options.knownSecrets.add(`sign-in:${server.name} code`, answer.get('code') ?? '')
      const tokens = await exchangeCode(party, { ...request, answer }, clock)
      options.stepUps.asked(server.name, request.scopes)
      return await keep(flow, tokens)
    } finally {
      if (pending.get(server.name) === cancel) pending.delete(server.name)
    }
  }

  async function keep(flow: Flow, tokens: Tokens): Promise<Connected> {
    const label = `grant:${flow.server.name}`
    options.knownSecrets.add(`${label} access token`, tokens.accessToken)
    if (tokens.refreshToken !== null)
      options.knownSecrets.add(`${label} refresh token`, tokens.refreshToken)
    const { issuer } = flow.request
    const person = await identify(flow.party, tokens, flow.profile.claims)
    const at = { server: flow.server.name, issuer }
    const place = placeAccount(repository, at, person, flow.label)
    const { earlier, account, named, insteadOf } = place
    const row = rowOf(flow, tokens, person, place)
    const replaced = earlier !== undefined && earlier.id !== row.id ? earlier : undefined
    // A new grant is listed before the vault holds its token: a crash in between leaves no token that nobody knows of.
    if (earlier === undefined) repository.saveGrant({ ...row, state: 'sign-in-needed' })
    await adopt(flow, tokens, row, earlier)
    if (isRevoking(row.id))
      throw new WarderError('oauth.sign_in_abandoned', 'The account was revoked meanwhile.')
    if (replaced !== undefined && !isRevoking(replaced.id)) options.supersede(replaced)
    repository.transaction(() => {
      const { subject } = person
      if (subject !== null) repository.saveOwner(row.server, account, { issuer, subject })
      repository.saveGrant(row)
    })
    options.onConnected(row)
    return { ...row, named, insteadOf }
  }

  const isRevoking = (id: string) => repository.grant(id)?.state === 'revoking'

  async function adopt(
    flow: Flow,
    tokens: Tokens,
    row: GrantRow,
    earlier: GrantRow | undefined,
  ): Promise<void> {
    try {
      await options.keeper.adopt(row, seal(flow, tokens), tokens)
    } catch (error) {
      if (earlier === undefined) repository.removeGrant(row.id)
      throw error
    }
  }

  function rowOf(
    flow: Flow,
    tokens: Tokens,
    { subject, organisation }: Person,
    { account, label, earlier }: Place,
  ): GrantRow {
    const { request, enrolment, server } = flow
    const { clientId } = enrolment.registration
    return {
      id: keepsIdentity(earlier, request, clientId) ? earlier.id : options.randomId(),
      server: server.name,
      account,
      label,
      subject,
      organisation,
      issuer: request.issuer,
      registration: enrolment.registration.id,
      clientId,
      resource: request.resource,
      scopes: tokens.scopes ?? request.scopes,
      withheld: withheldScopes(request.scopes, tokens.scopes),
      state: 'connected',
      renewable: tokens.refreshToken !== null,
      quirks: flow.profile.quirks,
      bound: flow.party.dpop === undefined ? null : 'dpop',
      connectedAt: clock(),
      since: earlier?.since ?? clock(),
      refreshedAt: null,
      expiresAt: tokens.expiresAt,
    }
  }

  return {
    connect,
    async close() {
      for (const cancel of [...pending.values()]) cancel()
      await Promise.allSettled(completing)
    },
  }
}

/**
 * Says now, not after the browser, that nothing could be stored. Only a write tells: a locked keychain answers a read of
 * what is not there as an open one does. Where it can ask for its password, it does so here.
 */
async function tryVault(vault: SecretStore): Promise<void> {
  await vault.set(VAULT_CHECK, 'x')
  await vault.delete(VAULT_CHECK)
}

function seal(flow: Flow, tokens: Tokens): SealedGrant {
  const { party, request, enrolment, profile } = flow
  const { serverUrl, allowPrivateNetwork = false } = party.policy
  const { provider } = flow.discovered
  return {
    v: 1,
    serverUrl,
    allowPrivateNetwork,
    resource: request.resource,
    issuer: request.issuer,
    tokenEndpoint: provider.token_endpoint,
    revocationEndpoint: provider.revocation_endpoint ?? null,
    introspectionEndpoint: provider.introspection_endpoint ?? null,
    clientId: party.clientId,
    redirectUri: request.redirectUri,
    authMethod: party.authMethod,
    clientSecret: enrolment.clientSecret,
    refreshToken: tokens.refreshToken,
    accessToken: tokens.refreshToken === null ? tokens.accessToken : null,
    expiresAt: tokens.expiresAt,
    metadataUrl: profile.metadataUrl ?? null,
    quirks: profile.quirks,
    revokePage: profile.revokePage ?? null,
    revocationEndsEveryGrant: profile.revocationEndsEveryGrant ?? false,
    minted: 0,
    dpopKey: party.dpop?.key ?? null,
  }
}

/**
 * A client that is the same at every sign-in (registered by hand, or by document) keeps the grant's identity, and the
 * new token takes the place of the old one: many providers answer the revocation of one token by ending all of the
 * same client and account, so revoking the old one would end the new.
 */
function keepsIdentity(
  earlier: GrantRow | undefined,
  request: SignInRequest,
  clientId: string,
): earlier is GrantRow {
  return (
    earlier?.issuer === request.issuer &&
    earlier.clientId === clientId &&
    earlier.resource === request.resource
  )
}
