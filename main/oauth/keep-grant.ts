import type { ProviderProfile } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { identify, type Person } from './account.ts'
import { type Place, placeAccount } from './account-place.ts'
import { notFinished } from './attempts.ts'
import type { SignInRequest } from './authorization.ts'
import { type Enrolment, rememberClient } from './clients.ts'
import type { Discovered } from './discovery.ts'
import { revokedMeanwhile } from './grant-errors.ts'
import type { GrantRow, Repository } from './repository.ts'
import { withheldScopes } from './scopes.ts'
import { grantKey, type SealedGrant } from './sealed-grant.ts'
import type { TokenKeeper } from './token-keeper.ts'
import type { Tokens } from './token-requests.ts'
import type { Connected } from './types.ts'
import type { Party } from './wire.ts'

/** What a grant comes of, beside its tokens. */
export interface Source {
  readonly server: { readonly name: string }
  /** What the person wants the account to be called. */
  readonly label: string | undefined
  readonly profile: ProviderProfile
  readonly discovered: Discovered
  readonly enrolment: Pick<Enrolment, 'registration' | 'clientSecret'>
  readonly party: Party
  readonly request: Pick<SignInRequest, 'issuer' | 'redirectUri' | 'resource' | 'scopes'>
}

export interface KeepOptions {
  readonly repository: Repository
  readonly knownSecrets: KnownSecrets
  readonly vault: () => SecretStore
  readonly keeper: TokenKeeper
  readonly clock: () => number
  readonly randomId: () => string
  readonly onConnected: (row: GrantRow) => void
  /** Revokes a grant that a new one takes the place of; local part done when it returns. */
  readonly supersede: (row: GrantRow) => void
  /** Revokes a grant whose sign-in was given up while it was stored. */
  readonly takeBack: (row: GrantRow) => void
}

/**
 * Makes a grant of tokens that a provider has just issued: names its account, stores it, and lets it be used then.
 *
 * @param signal aborted when the sign-in is given up; what is adopted has none
 * @throws WarderError `vault.*`; `oauth.sign_in_abandoned` where it was revoked or given up meanwhile: what was issued
 *   is revoked then
 */
export function createKeep(options: KeepOptions) {
  const { repository, clock } = options

  const isRevoking = (id: string) => repository.grant(id)?.state === 'revoking'

  async function adopt(
    flow: Source,
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
    flow: Source,
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
      kind: 'person',
      exchangedFrom: null,
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

  return async function keep(
    flow: Source,
    tokens: Tokens,
    signal?: AbortSignal,
  ): Promise<Connected> {
    const label = `grant:${flow.server.name}`
    options.knownSecrets.add(`${label} access token`, tokens.accessToken)
    if (tokens.refreshToken !== null)
      options.knownSecrets.add(`${label} refresh token`, tokens.refreshToken)
    const { issuer } = flow.request
    const person = await identify(flow.party, tokens, flow.profile.claims)
    if (signal?.aborted) throw notFinished()
    const at = { server: flow.server.name, issuer }
    const place = placeAccount(repository, at, person, flow.label)
    const { earlier, account, named, insteadOf } = place
    const row = rowOf(flow, tokens, person, place)
    rememberClient(repository, flow.enrolment.registration)
    const replaced = earlier !== undefined && earlier.id !== row.id ? earlier : undefined
    // A new grant is listed before the vault holds its token: a crash in between leaves no token that nobody knows of.
    if (earlier === undefined) repository.saveGrant({ ...row, state: 'sign-in-needed' })
    await adopt(flow, tokens, row, earlier)
    if (isRevoking(row.id)) throw revokedMeanwhile()
    // A revocation that is over looks for nothing more.
    if (replaced === undefined && repository.grant(row.id) === null) {
      await options.vault().delete(grantKey(row.id))
      throw revokedMeanwhile()
    }
    if (signal?.aborted) {
      options.takeBack(row)
      throw notFinished({ revoking: true })
    }
    if (replaced !== undefined && !isRevoking(replaced.id)) options.supersede(replaced)
    repository.transaction(() => {
      const { subject } = person
      if (subject !== null) repository.saveOwner(row.server, account, { issuer, subject })
      repository.saveGrant(row)
    })
    options.onConnected(row)
    return { ...row, named, insteadOf }
  }
}

/** The grant of a sign-in that was given up: nobody asks any more whose it is. */
export function unwantedRow(
  { server, enrolment, request, profile, party }: Source,
  tokens: Tokens,
  { id, now }: { readonly id: string; readonly now: number },
): GrantRow {
  const { registration } = enrolment
  return {
    id,
    server: server.name,
    account: `unfinished-${id.slice(0, 6)}`,
    label: null,
    subject: null,
    organisation: null,
    kind: 'person',
    exchangedFrom: null,
    issuer: request.issuer,
    registration: registration.id,
    clientId: registration.clientId,
    resource: request.resource,
    scopes: tokens.scopes ?? request.scopes,
    withheld: [],
    state: 'revoking',
    renewable: tokens.refreshToken !== null,
    quirks: profile.quirks,
    bound: party.dpop === undefined ? null : 'dpop',
    connectedAt: now,
    since: now,
    refreshedAt: null,
    expiresAt: tokens.expiresAt,
  }
}

/** The vault item of a grant. */
export function seal(flow: Source, tokens: Tokens): SealedGrant {
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
    signingAlgorithms: provider.token_endpoint_auth_signing_alg_values_supported,
    refreshToken: tokens.refreshToken,
    accessToken: tokens.refreshToken === null ? tokens.accessToken : null,
    expiresAt: tokens.expiresAt,
    metadataUrl: profile.metadataUrl ?? null,
    quirks: profile.quirks,
    revokePage: profile.revokePage ?? null,
    revocationEndsEveryGrant: profile.revocationEndsEveryGrant ?? false,
    minted: 0,
    seenActive: 0,
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
  request: Source['request'],
  clientId: string,
): earlier is GrantRow {
  return (
    earlier?.kind === 'person' &&
    earlier.issuer === request.issuer &&
    earlier.clientId === clientId &&
    earlier.resource === request.resource
  )
}
