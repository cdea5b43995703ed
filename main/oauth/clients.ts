import { isWarderError, WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import { type ProviderProfile, parseReference } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import type { CallbackListener } from './callback.ts'
import { createHeldPlaces } from './held-places.ts'
import type { Provider } from './metadata.ts'
import { checkNamedIssuer } from './named-issuer.ts'
import { noCallback, noRedirect } from './no-callback.ts'
import {
  documentRedirectUri,
  fixedRedirectUri,
  freshPlace,
  type ListeningPlace,
  placeOf,
  registeredPlaces,
} from './redirect-uri.ts'
import { confidentialMethod, registerDynamically, takesDocuments } from './registration.ts'
import type { RegistrationRemovals, RemovalStep } from './registration-removals.ts'
import { createRegistrationUpkeep } from './registration-upkeep.ts'
import type { Registration, Repository } from './repository.ts'
import {
  readStoredClient,
  registrationKey,
  registrationOf,
  writeStoredClient,
} from './stored-client.ts'
import type { SignInMethod } from './types.ts'

/** A client that a sign-in can use, and the listener that stands at its redirect URI. */
export interface Enrolment {
  readonly registration: Registration
  /** Where its secret lies: `registration:ID`, `secret:NAME`, or null for a public client. */
  readonly clientSecret: string | null
  readonly listener: CallbackListener
  /** The sign-in is over, however: ends the listener; a registration that came to no grant serves the next sign-in. */
  release(): void
}

/** A client at its issuer, without the sign-in that uses it. */
export type KnownClient = Pick<Enrolment, 'registration' | 'clientSecret'>

export interface Clients {
  /**
   * The client to sign in with: registered by hand, else by client ID metadata document, else dynamically (MCP
   * 2026-07-28, Client Registration).
   *
   * @throws WarderError `oauth.registration_needed`, `oauth.registration_failed`, `oauth.issuer_mismatch`,
   *   `oauth.issuer_unnamed`,
   *   `oauth.callback_port`, `oauth.provider_unavailable`, `vault.*`, `net.*`
   */
  enrol(wanted: Wanted): Promise<Enrolment>
  /**
   * The client that a person registered by hand, for requests without a redirect URI.
   *
   * @throws WarderError `oauth.issuer_mismatch`, `oauth.issuer_unnamed`
   */
  known(wanted: HandMade, clientId: string): KnownClient
  /**
   * Takes over the client of another program, with its secret, for this issuer alone. One with another secret than an
   * earlier file's is a registration of its own: which of the two is good, only the provider knows.
   *
   * @throws WarderError `vault.*`
   */
  adopt(client: ForeignClient): Promise<Omit<Enrolment, 'listener'>>
  /** The secret that `clientSecret` of an {@link Enrolment} stands for. @throws WarderError `vault.*`, `secret.*` */
  secret(reference: string | null, server: string, issuer: string): Promise<string | null>
  /**
   * Forgets a dynamic or adopted registration that no grant and no pending revocation uses any more, and has the provider delete it
   * where it offers that.
   *
   * @returns how that went; null where the provider was not asked @throws WarderError `vault.*`
   */
  retire(id: string): Promise<RemovalStep | null>
}

type ForeignClient = Pick<Registration, 'issuer' | 'clientId' | 'authMethod'> & {
  readonly secret: string | null
}

interface Wanted {
  readonly server: string
  /** Client, redirect URI and quirks as the profile and the server definition have them. */
  readonly profile: ProviderProfile
  readonly provider: Provider
  readonly scopes: readonly string[]
  /** By code there is no redirect, and nothing listens. */
  readonly method: SignInMethod
  readonly fetch: Fetch
  readonly policy: UrlPolicy
}

type HandMade = Pick<Wanted, 'server' | 'profile' | 'provider'>

export interface ClientsOptions {
  readonly repository: Repository
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly settings: () => { readonly clientMetadataUrl?: string | undefined }
  readonly resolveSecret: (name: string, server: string, issuer: string) => Promise<string>
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly removals: RegistrationRemovals
  readonly clock: () => number
  readonly randomId: () => string
}

type Unchanging = Pick<Registration, 'method' | 'clientId' | 'authMethod'> & {
  /** Null where this use of the client has none. */
  readonly redirectUri: string | null
}

/**
 * A client that was registered by hand belongs to the issuer that gave it tokens first, not to whichever one a server
 * named first: that one could keep the right one out.
 */
export function rememberClient(repository: Repository, registration: Registration): void {
  if (registration.method === 'pre-registered') repository.saveRegistration(registration)
}

export function createClients(options: ClientsOptions): Clients {
  const { repository, vault, knownSecrets, clock } = options
  const upkeep = createRegistrationUpkeep(options)
  const open = createHeldPlaces(clock)
  /** How many sign-ins and adoptions that have come to no grant yet go by a registration. */
  const taken = new Map<string, number>()

  async function registeredByHand(wanted: Wanted, clientId: string): Promise<Enrolment> {
    checkHand(wanted, clientId)
    const listener = await openRegistered(wanted)
    const { redirectUri } = listener
    return { ...byHand(wanted, clientId, redirectUri), listener, release: listener.cancel }
  }

  function byHand(
    { profile, provider }: HandMade,
    clientId: string,
    redirectUri: string | null,
  ): KnownClient {
    const { clientSecret = null, privateKey = null } = profile
    const bySecret = profile.tokenEndpointAuthMethod ?? confidentialMethod(provider)
    const confidential = privateKey === null ? bySecret : 'private_key_jwt'
    const reference = privateKey ?? clientSecret
    const authMethod = reference === null ? 'none' : confidential
    const client = { method: 'pre-registered', clientId, authMethod, redirectUri } as const
    return { registration: rowOf(provider.issuer, client), clientSecret: reference }
  }

  function checkHand({ server, profile, provider }: HandMade, clientId: string): void {
    checkNamedIssuer(server, profile, provider.issuer)
    checkIssuer(clientId, provider.issuer)
  }

  /** What a person registered at one provider is sent to no other, whatever a server names today. */
  function checkIssuer(clientId: string, issuer: string): void {
    const elsewhere = repository
      .registrationsOfClient(clientId)
      .some((one) => one.method === 'pre-registered' && one.issuer !== issuer)
    if (elsewhere)
      throw new WarderError(
        'oauth.issuer_mismatch',
        'The client ID in the server definition, or in its profile, belongs to another provider than the one that the server names now.',
      )
  }

  async function openRegistered(wanted: Wanted): Promise<CallbackListener> {
    const { server, profile, provider, method } = wanted
    if (method === 'device') return noCallback
    const { redirectUri, ports = [] } = profile
    const [last, ...others] = registeredPlaces(provider.issuer, redirectUri, ports).toReversed()
    for (const place of others.toReversed()) {
      const listener = await openUnlessTaken(place, server)
      if (listener !== null) return listener
    }
    // Where all are taken, the last one says so.
    return open(last ?? freshPlace(provider.issuer), server)
  }

  async function byDocument(wanted: Wanted, url: string): Promise<Enrolment> {
    // The user's own, and nobody here dials it: what the server may lead us to is not the question.
    checkUrl(url, 'client_id', { serverUrl: url, allowPrivateNetwork: true })
    const listener =
      wanted.method === 'device'
        ? noCallback
        : await open(placeOf(documentRedirectUri), wanted.server)
    const { redirectUri } = listener
    const client = { method: 'document', clientId: url, authMethod: 'none', redirectUri } as const
    return {
      registration: remember(wanted.provider.issuer, client),
      clientSecret: null,
      listener,
      release: listener.cancel,
    }
  }

  function remember(issuer: string, client: Unchanging): Registration {
    const registration = rowOf(issuer, client)
    repository.saveRegistration(registration)
    return registration
  }

  /** One row for each client at each issuer: these clients are the same at every sign-in. */
  function rowOf(issuer: string, client: Unchanging): Registration {
    const { redirectUri, ...known } = client
    const earlier = repository
      .registrations(issuer)
      .find((one) => one.method === known.method && one.clientId === known.clientId)
    return {
      ...known,
      id: earlier?.id ?? options.randomId(),
      issuer,
      redirectUri: redirectUri || (earlier?.redirectUri ?? noRedirect),
      registeredAt: earlier?.registeredAt ?? clock(),
      expiresAt: null,
    }
  }

  async function dynamically(wanted: Wanted): Promise<Enrolment> {
    return (await reusable(wanted)) ?? (await registerAnew(wanted))
  }

  /**
   * A registration left over from a sign-in that was not finished. Each grant has a registration of its own: revoking
   * one token of a client ends, at many providers, every token of that client and account.
   */
  async function reusable(wanted: Wanted): Promise<Enrolment | null> {
    for (const one of repository.registrations(wanted.provider.issuer)) {
      if (one.method !== 'dynamic' || inUse(one.id)) continue
      // Each is registered for its own kind of sign-in.
      const byCode = one.redirectUri === noRedirect
      if (byCode !== (wanted.method === 'device')) continue
      if (isOver(one) && !(await isGoodAgain(one))) continue
      const listener = byCode
        ? noCallback
        : await openUnlessTaken(placeOf(one.redirectUri), wanted.server)
      if (listener === null) continue
      // While the listener opened, another sign-in may have come to its end with it.
      if (!inUse(one.id)) return taking(one, listener)
      listener.cancel()
    }
    return null
  }

  function taking(registration: Registration, listener: CallbackListener): Enrolment {
    const { id } = registration
    const free = take(id)
    const release = () => {
      free()
      listener.cancel()
    }
    return { registration, clientSecret: secretOf(registration), listener, release }
  }

  /** @returns what gives it back, once */
  function take(id: string): () => void {
    taken.set(id, (taken.get(id) ?? 0) + 1)
    let held = true
    return () => {
      const others = (taken.get(id) ?? 0) - 1
      if (held && others > 0) taken.set(id, others)
      else if (held) taken.delete(id)
      held = false
    }
  }

  async function adoptedBefore({ secret, ...client }: ForeignClient) {
    for (const one of repository.registrations(client.issuer)) {
      const { id, method, clientId, authMethod } = one
      const same = clientId === client.clientId && authMethod === client.authMethod
      if (method !== 'adopted' || !same) continue
      // Before the vault is read: meanwhile the adoption that made it may fail.
      const release = take(id)
      try {
        const stored = await readStoredClient(vault(), id, client.issuer, knownSecrets)
        if ((stored?.secret ?? null) === secret)
          return { registration: one, clientSecret: secretOf(one), release }
      } catch (error) {
        release()
        throw error
      }
      release()
    }
    return null
  }

  function inUse(id: string): boolean {
    return (
      taken.has(id) ||
      repository.grants().some((grant) => grant.registration === id) ||
      repository
        .receipts()
        .some((receipt) => receipt.registration === id && receipt.state === 'pending')
    )
  }

  async function isGoodAgain({ id, issuer }: Registration): Promise<boolean> {
    await upkeep.current(id, issuer)
    const now = repository.registration(id)
    return now !== null && !isOver(now)
  }

  const isOver = ({ expiresAt }: Registration) => expiresAt !== null && expiresAt <= clock()
  const secretOf = ({ authMethod, id }: Registration) =>
    authMethod === 'none' ? null : registrationKey(id)

  async function openUnlessTaken(
    place: ListeningPlace,
    server: string,
  ): Promise<CallbackListener | null> {
    try {
      return await open(place, server)
    } catch (error) {
      if (isWarderError(error, 'oauth.callback_port')) return null
      throw error
    }
  }

  async function registerAnew(wanted: Wanted): Promise<Enrolment> {
    const { issuer } = wanted.provider
    const listener =
      wanted.method === 'device' ? noCallback : await open(freshPlace(issuer), wanted.server)
    try {
      const { scopes, profile } = wanted
      const request = { redirectUri: listener.redirectUri, scopes, quirks: profile.quirks }
      const client = await registerDynamically(wanted.provider, request, wanted, clock)
      const { secret, management, ...rest } = client
      const registration: Registration = {
        ...rest,
        id: options.randomId(),
        issuer,
        method: 'dynamic',
        redirectUri: listener.redirectUri,
        registeredAt: clock(),
      }
      const stored = { issuer, secret, management }
      if (secret !== null || management !== null)
        await writeStoredClient(vault(), registration.id, stored, knownSecrets)
      repository.saveRegistration(registration)
      return taking(registration, listener)
    } catch (error) {
      listener.cancel()
      throw error
    }
  }

  return {
    async enrol(wanted) {
      const { clientMetadataUrl } = options.settings()
      if (wanted.profile.clientId !== undefined)
        return registeredByHand(wanted, wanted.profile.clientId)
      if (clientMetadataUrl !== undefined && takesDocuments(wanted.provider))
        return byDocument(wanted, clientMetadataUrl)
      if (wanted.provider.registration_endpoint !== undefined) return dynamically(wanted)
      const { issuer } = wanted.provider
      throw new WarderError(
        'oauth.registration_needed',
        `The provider ${issuer} offers no registration. Register a native app there with the redirect URI ${fixedRedirectUri(issuer)} and put its client ID into the server definition.`,
        { details: { issuer, redirectUri: fixedRedirectUri(issuer) } },
      )
    },

    known(wanted, clientId) {
      checkHand(wanted, clientId)
      return byHand(wanted, clientId, null)
    },

    async adopt(foreign) {
      const earlier = await adoptedBefore(foreign)
      if (earlier !== null) return earlier
      const { secret, ...client } = foreign
      const registration: Registration = {
        ...client,
        id: options.randomId(),
        method: 'adopted',
        redirectUri: '',
        registeredAt: clock(),
        expiresAt: null,
      }
      const stored = { issuer: client.issuer, secret, management: null }
      if (secret !== null) await writeStoredClient(vault(), registration.id, stored, knownSecrets)
      repository.saveRegistration(registration)
      const release = take(registration.id)
      return { registration, clientSecret: secretOf(registration), release }
    },

    async secret(reference, server, issuer) {
      if (reference === null) return null
      const configured = parseReference(reference)
      if (configured?.kind === 'secret')
        return options.resolveSecret(configured.name, server, issuer)
      const stored = await upkeep.current(registrationOf(reference), issuer)
      if (stored === null || stored.secret === null)
        throw new WarderError(
          'vault.locked_or_missing',
          'The client secret of this registration is not in the vault.',
        )
      return stored.secret
    },

    async retire(id) {
      const registration = repository.registration(id)
      if (registration === null || inUse(id)) return null
      if (registration.method !== 'dynamic' && registration.method !== 'adopted') return null
      return options.removals.remove(id, registration.issuer, () =>
        repository.removeRegistration(id),
      )
    },
  }
}
