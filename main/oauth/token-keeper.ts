import { isWarderError, WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import type { Clients } from './clients.ts'
import { fetchProvider, type Provider } from './metadata.ts'
import type { GrantRow, Repository } from './repository.ts'
import { grantKey, readSealed, type SealedGrant, writeSealed } from './sealed-grant.ts'
import { refresh, type Tokens } from './token-requests.ts'
import type { AccessToken } from './types.ts'

/** Holds access tokens in memory and renews them; the only reader of `grant:ID` for use. */
export interface TokenKeeper {
  /** @throws WarderError `grant.sign_in_needed`, `grant.frozen`, `vault.*`, `oauth.*` */
  access(id: string): Promise<AccessToken>
  /** The resource answered 401 to this token. @throws as `access` */
  rejected(token: AccessToken): Promise<AccessToken>
  /** Takes the tokens of a fresh sign-in: stored first, usable then. @throws WarderError `vault.*` */
  adopt(row: GrantRow, sealed: SealedGrant, tokens: Tokens): Promise<void>
  /** Makes the grant unusable, now, and hands over what only memory knows of it. */
  seize(id: string): Seized
  /** Waits for whatever is being stored. */
  settle(): Promise<void>
}

export interface Seized {
  readonly accessToken: string | null
  /** When no renewal is under way any more: what the vault refused to store, newer than what it holds; else null. */
  readonly unstored: Promise<SealedGrant | null>
}

export interface TokenKeeperOptions {
  readonly repository: Repository
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly clients: Clients
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly clock: () => number
  readonly onRefreshed: (row: GrantRow) => void
  readonly onSignInNeeded: (row: GrantRow) => void
}

interface Held {
  readonly value: string
  readonly obtainedAt: number
  readonly expiresAt: number | null
  /** It replaced a token that the resource had refused. */
  readonly afterRejection: boolean
}

const MOST_SKEW_MS = 60_000
const SKEW_SHARE = 0.2
const QUICK_REJECTION_MS = 60_000

export const policyOf = (sealed: SealedGrant): UrlPolicy => ({
  serverUrl: sealed.serverUrl,
  allowPrivateNetwork: sealed.allowPrivateNetwork,
})

export const grantLabel = (row: { server: string; account: string }) =>
  `grant:${row.server}/${row.account}`

export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const { repository, vault, clock } = options
  const held = new Map<string, Held & { readonly serverUrl: string }>()
  const running = new Map<string, Promise<unknown>>()
  /** What a provider issued and the vault did not take yet: stored before anything else is asked for. */
  const unstored = new Map<
    string,
    { sealed: SealedGrant; tokens: Tokens; afterRejection: boolean }
  >()

  /** One piece of work at a time for each grant; who comes while it runs shares its result. */
  function single<T>(id: string, work: () => Promise<T>): Promise<T> {
    const begun = work().finally(() => {
      if (running.get(id) === begun) running.delete(id)
    })
    running.set(id, begun)
    return begun
  }

  function usable(id: string): GrantRow {
    const row = repository.grant(id)
    if (row?.state === 'connected') return row
    if (row?.state === 'frozen') throw frozen(row)
    throw signInNeeded(row)
  }

  function fresh(id: string): boolean {
    const token = held.get(id)
    if (token === undefined) return false
    if (token.expiresAt === null) return true
    const lifetime = token.expiresAt - token.obtainedAt
    return clock() < token.expiresAt - Math.min(MOST_SKEW_MS, lifetime * SKEW_SHARE)
  }

  function publish(id: string, token: Held, serverUrl: string): void {
    held.set(id, { ...token, serverUrl })
  }

  function current(id: string): AccessToken {
    const grant = usable(id)
    const token = held.get(id)
    if (token === undefined) throw signInNeeded(grant)
    const { value, expiresAt, serverUrl } = token
    return { grant, value, expiresAt, serverUrl }
  }

  async function renew(id: string, afterRejection: boolean): Promise<void> {
    const row = usable(id)
    const waiting = unstored.get(id)
    if (waiting !== undefined) return keep(row, waiting)
    const label = grantLabel(row)
    const sealed = await readSealed(vault(), grantKey(id), label, options.knownSecrets)
    if (sealed === null) throw endGrant(row, 'The vault holds no token for it any more.')
    if (!matches(row, sealed)) throw freeze(row)
    if (sealed.refreshToken === null) return takeStored(row, sealed, afterRejection)
    const tokens = await askProvider(row, sealed, sealed.refreshToken)
    register(row, tokens)
    const rotated = { ...sealed, refreshToken: tokens.refreshToken ?? sealed.refreshToken }
    await keep(row, { sealed: rotated, tokens, afterRejection })
  }

  /** The provider gave no refresh token: what it gave is all there is, for as long as it lasts. */
  function takeStored(row: GrantRow, sealed: SealedGrant, afterRejection: boolean): void {
    const { accessToken: value, expiresAt } = sealed
    const over = expiresAt !== null && clock() >= expiresAt
    if (value === null || over || afterRejection)
      throw endGrant(row, 'The provider gave no refresh token, and the access token is over.')
    // Nothing can be renewed ahead of time here, so the lifetime counts from now and leaves no early margin.
    publish(
      row.id,
      { value, obtainedAt: expiresAt ?? 0, expiresAt, afterRejection },
      sealed.serverUrl,
    )
  }

  /** Stored and read back first, used then: a provider that rotates has already forgotten the old one. */
  async function keep(
    row: GrantRow,
    renewed: { sealed: SealedGrant; tokens: Tokens; afterRejection: boolean },
  ): Promise<void> {
    const { sealed, tokens, afterRejection } = renewed
    unstored.set(row.id, renewed)
    await writeSealed(vault(), grantKey(row.id), sealed)
    unstored.delete(row.id)
    const now = usable(row.id)
    const expiresAt = tokens.expiresAt
    const token = { value: tokens.accessToken, obtainedAt: clock(), expiresAt, afterRejection }
    const scopes = tokens.scopes ?? now.scopes
    const saved = { ...now, scopes, refreshedAt: clock(), expiresAt }
    repository.saveGrant(saved)
    publish(row.id, token, sealed.serverUrl)
    options.onRefreshed(saved)
  }

  async function askProvider(
    row: GrantRow,
    sealed: SealedGrant,
    refreshToken: string,
  ): Promise<Tokens> {
    const policy = policyOf(sealed)
    const fetch = options.fetch(policy)
    const provider = await confirmed(row, sealed, fetch, policy)
    const secret = await options.clients.secret(sealed.clientSecret, row.server, sealed.issuer)
    const { clientId, authMethod } = sealed
    const party = { provider, clientId, authMethod, secret, fetch, policy }
    try {
      return await refresh(party, refreshToken, sealed.resource, clock)
    } catch (error) {
      if (!isWarderError(error, 'grant.sign_in_needed')) throw error
      throw endGrant(row, error.message, error)
    }
  }

  /** What the provider says of itself today must be what the token was issued under; else nothing is sent anywhere. */
  async function confirmed(
    row: GrantRow,
    sealed: SealedGrant,
    fetch: Fetch,
    policy: UrlPolicy,
  ): Promise<Provider> {
    try {
      const provider = await fetchProvider(fetch, sealed.issuer, policy)
      if (provider.token_endpoint === sealed.tokenEndpoint) return provider
    } catch (error) {
      if (!isWarderError(error, 'oauth.issuer_mismatch')) throw error
    }
    throw freeze(row)
  }

  function matches(row: GrantRow, sealed: SealedGrant): boolean {
    return (
      sealed.issuer === row.issuer &&
      sealed.clientId === row.clientId &&
      sealed.resource === row.resource
    )
  }

  function register(row: GrantRow, tokens: Tokens): void {
    const label = grantLabel(row)
    options.knownSecrets.add(`${label} access token`, tokens.accessToken)
    if (tokens.refreshToken) options.knownSecrets.add(`${label} refresh token`, tokens.refreshToken)
  }

  function endGrant(row: GrantRow, why: string, cause?: unknown): WarderError {
    tell({ ...row, state: 'sign-in-needed' })
    return signInNeeded(row, why, cause)
  }

  function freeze(row: GrantRow): WarderError {
    tell({ ...row, state: 'frozen' })
    return frozen(row)
  }

  /** A revocation that came meanwhile has the last word. */
  function tell(row: GrantRow): void {
    held.delete(row.id)
    if (repository.grant(row.id)?.state !== 'connected') return
    repository.saveGrant(row)
    options.onSignInNeeded(row)
  }

  async function live(id: string, afterRejection: boolean): Promise<AccessToken> {
    usable(id)
    if (!fresh(id)) await (running.get(id) ?? single(id, () => renew(id, afterRejection)))
    return current(id)
  }

  return {
    access: (id) => live(id, false),

    async rejected(token) {
      const { id } = token.grant
      const now = held.get(id)
      if (now?.value === token.value) {
        const row = usable(id)
        if (now.afterRejection && clock() - now.obtainedAt < QUICK_REJECTION_MS)
          throw endGrant(row, 'The server refuses even a token that was just renewed.')
        held.delete(id)
      }
      return live(id, true)
    },

    async adopt(row, sealed, tokens) {
      register(row, tokens)
      await running.get(row.id)?.catch(() => undefined)
      await single(row.id, async () => {
        await writeSealed(vault(), grantKey(row.id), sealed)
        unstored.delete(row.id)
        const { accessToken: value, expiresAt } = tokens
        const token = { value, obtainedAt: clock(), expiresAt, afterRejection: false }
        publish(row.id, token, sealed.serverUrl)
      })
    },

    seize(id) {
      const accessToken = held.get(id)?.value ?? unstored.get(id)?.tokens.accessToken ?? null
      held.delete(id)
      const settled = (running.get(id) ?? Promise.resolve()).catch(() => undefined)
      const newest = settled.then(() => {
        const left = unstored.get(id)?.sealed ?? null
        unstored.delete(id)
        return left
      })
      return { accessToken, unstored: newest }
    },

    async settle() {
      await Promise.allSettled(running.values())
    },
  }
}

const signInNeeded = (row: GrantRow | null, why = '', cause?: unknown) =>
  new WarderError(
    'grant.sign_in_needed',
    row === null
      ? 'The account is not there any more: sign in again.'
      : `${row.server}/${row.account} needs a new sign-in: run \`warder connect ${row.server}\`. ${why}`.trim(),
    { cause },
  )

const frozen = (row: GrantRow) =>
  new WarderError(
    'grant.frozen',
    `The provider of ${row.server}/${row.account} now names other endpoints than at the sign-in; its token was sent nowhere.`,
  )
