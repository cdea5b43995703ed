import { isWarderError, type WarderError } from '../errors.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import type { Backoff } from './backoff.ts'
import { isSameGrant } from './binding.ts'
import { type Dpop, openDpop } from './dpop.ts'
import { type Clocks, elapsed, momentOf, sleptSince } from './elapsed.ts'
import { frozen, revokedMeanwhile, signInNeeded } from './grant-errors.ts'
import { createHeldTokens } from './held-tokens.ts'
import type { Ledger } from './ledger.ts'
import type { FreezeReason, SignOutReason } from './ledger-entry.ts'
import { isRenewable, type Renewed, type Renewer } from './renewal.ts'
import type { GrantRow, Repository } from './repository.ts'
import { grantKey, grantLabel, readSealed, type SealedGrant, writeSealed } from './sealed-grant.ts'
import type { Tokens } from './token-requests.ts'
import type { AccessToken } from './types.ts'
import { isUnattended } from './unattended.ts'

/** Holds access tokens in memory and renews them; the only reader of `grant:ID` for use. */
export interface TokenKeeper {
  /** @throws WarderError `grant.sign_in_needed`, `grant.frozen`, `vault.*`, `oauth.*` */
  access(id: string): Promise<AccessToken>
  /** The resource answered 401 to this token. @throws as `access` */
  rejected(token: AccessToken): Promise<AccessToken>
  /**
   * Takes the tokens of a fresh sign-in: stored first, usable then. Nothing is stored beside a revocation, which would
   * not find it any more; one that begins meanwhile waits and takes it.
   *
   * @throws WarderError `vault.*`; `oauth.sign_in_abandoned` where it is being revoked
   */
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

export interface TokenKeeperOptions extends Clocks {
  readonly repository: Repository
  readonly ledger: Ledger
  readonly backoff: Backoff
  readonly renewer: Renewer
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly onRefreshed: (row: GrantRow) => void
  readonly onSignInNeeded: (row: GrantRow) => void
}

const QUICK_REJECTION_MS = 60_000

export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const { repository, ledger, backoff, vault, clock } = options
  const started = momentOf(options)
  const held = createHeldTokens(options)
  const keys = new Map<string, Dpop>()
  const running = new Map<string, Promise<unknown>>()
  /** What a provider issued and the vault did not take yet: stored before anything else is asked for. */
  const unstored = new Map<string, Renewed>()

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

  function current(id: string): AccessToken {
    const grant = usable(id)
    const token = held.get(id)
    if (token === undefined || token.rejected) throw signInNeeded(grant)
    const { value, expiresAt, serverUrl, dpop } = token
    const proof = dpop?.bind(value) ?? null
    const { exchangedFrom } = grant
    const from = exchangedFrom === null ? undefined : repository.grant(exchangedFrom)?.server
    return { grant, value, expiresAt, serverUrl, proof, ...(from !== undefined && { from }) }
  }

  /** A key that was at work before goes on with the nonces that it knows. */
  function dpopOf(id: string, { dpopKey }: SealedGrant): Dpop | null {
    if (dpopKey === null) return null
    const known = keys.get(id)
    const dpop = known?.key.d === dpopKey.d ? known : openDpop(dpopKey, clock)
    keys.set(id, dpop)
    return dpop
  }

  async function renew(id: string): Promise<void> {
    const row = usable(id)
    const waiting = unstored.get(id)
    if (waiting !== undefined) return keep(row, waiting)
    const sealed = await readSealed(vault(), grantKey(id), grantLabel(row), options.knownSecrets)
    if (sealed === null) throw signOut(row, 'vault')
    if (!isSameGrant(row, sealed)) throw freeze(row)
    if (!isRenewable(sealed)) return takeStored(row, sealed)
    const about = {
      reason: held.reason(id),
      dpop: dpopOf(id, sealed),
      sleptMs: sleptSince(options, held.get(id)?.since ?? started),
    }
    const renewed = await options.renewer.renew(row, sealed, about).catch((error: unknown) => {
      throw ended(row, error)
    })
    register(row, renewed.tokens)
    await keep(row, renewed)
  }

  /** What a failed renewal means for the grant. @returns what to throw */
  function ended(row: GrantRow, error: unknown): unknown {
    if (isWarderError(error, 'grant.frozen')) return freeze(row)
    if (isWarderError(error, 'oauth.dpop_downgrade')) {
      freeze(row, 'unbound')
      return error
    }
    if (isWarderError(error, 'grant.sign_in_needed')) return signOut(row, 'provider', error)
    return error
  }

  /** The provider gave no refresh token: what it gave is all there is, for as long as it lasts. */
  function takeStored(row: GrantRow, sealed: SealedGrant): void {
    const { accessToken: value, expiresAt, serverUrl } = sealed
    const over = expiresAt !== null && clock() >= expiresAt
    if (value === null || over || held.get(row.id)?.rejected) throw signOut(row, 'expired')
    held.put(row.id, { value, expiresAt, serverUrl, dpop: dpopOf(row.id, sealed) }, false)
  }

  /** Stored and read back first, used then: a provider that rotates has already forgotten the old one. */
  async function keep(row: GrantRow, renewed: Renewed): Promise<void> {
    const { sealed, tokens, attempt, rotated } = renewed
    unstored.set(row.id, renewed)
    try {
      await writeSealed(vault(), grantKey(row.id), sealed)
    } catch (error) {
      ledger.end(attempt, { outcome: 'not-stored', rotated, status: 200 })
      throw error
    }
    unstored.delete(row.id)
    ledger.end(attempt, { outcome: 'renewed', rotated, status: 200 })
    const now = usableOrLeft(row.id, renewed)
    const { accessToken: value, expiresAt } = tokens
    const scopes = tokens.scopes ?? now.scopes
    const saved = { ...now, scopes, refreshedAt: clock(), expiresAt }
    repository.saveGrant(saved)
    const { serverUrl } = sealed
    held.put(row.id, { value, expiresAt, serverUrl, dpop: dpopOf(row.id, sealed) }, true)
    options.onRefreshed(saved)
  }

  /** A revocation that came meanwhile has no refresh token to revoke there: it takes the newest access token instead. */
  function usableOrLeft(id: string, renewed: Renewed): GrantRow {
    const { sealed, tokens } = renewed
    if (isUnattended(sealed) && repository.grant(id)?.state === 'revoking')
      unstored.set(id, { ...renewed, sealed: { ...sealed, accessToken: tokens.accessToken } })
    return usable(id)
  }

  function register(row: GrantRow, tokens: Tokens): void {
    const label = grantLabel(row)
    options.knownSecrets.add(`${label} access token`, tokens.accessToken)
    if (tokens.refreshToken) options.knownSecrets.add(`${label} refresh token`, tokens.refreshToken)
  }

  function signOut(row: GrantRow, reason: SignOutReason, cause?: WarderError): WarderError {
    tell({ ...row, state: 'sign-in-needed' }, () => ledger.note(row, 'signed-out', reason))
    return signInNeeded(row, cause?.message ?? signedOutBecause[reason], cause)
  }

  function freeze(row: GrantRow, reason?: FreezeReason): WarderError {
    tell({ ...row, state: 'frozen' }, () => ledger.note(row, 'frozen', reason))
    return frozen(row)
  }

  /** A revocation that came meanwhile has the last word. */
  function tell(row: GrantRow, note: () => void): void {
    held.drop(row.id)
    if (repository.grant(row.id)?.state !== 'connected') return
    repository.transaction(() => {
      repository.saveGrant(row)
      note()
    })
    options.onSignInNeeded(row)
  }

  async function live(id: string): Promise<AccessToken> {
    usable(id)
    if (!held.isFresh(id)) await renewUnlessPaused(id)
    return current(id)
  }

  /** While the provider is left alone, a token that is not over yet is used on; without one the call fails at once. */
  async function renewUnlessPaused(id: string): Promise<void> {
    const pause = backoff.current(id)
    if (pause !== null && !running.has(id)) {
      if (held.isAlive(id)) return
      throw pause.error
    }
    try {
      await (running.get(id) ?? single(id, () => renew(id)))
    } catch (error) {
      if (error !== backoff.current(id)?.error || !held.isAlive(id)) throw error
    }
  }

  return {
    access: live,

    async rejected(token) {
      const { id } = token.grant
      const now = held.get(id)
      if (now?.value === token.value && !now.rejected) {
        const row = usable(id)
        if (now.afterRejection && elapsed(options, now.since) < QUICK_REJECTION_MS)
          throw signOut(row, 'resource')
        held.reject(id)
      }
      return live(id)
    },

    async adopt(row, sealed, tokens) {
      register(row, tokens)
      while (running.has(row.id)) await running.get(row.id)?.catch(() => undefined)
      await single(row.id, async () => {
        if (repository.grant(row.id)?.state === 'revoking') throw revokedMeanwhile()
        await writeSealed(vault(), grantKey(row.id), sealed)
        unstored.delete(row.id)
        backoff.clear(row.id)
        held.drop(row.id)
        const { accessToken: value, expiresAt } = tokens
        const { serverUrl } = sealed
        const dpop = dpopOf(row.id, sealed)
        held.put(row.id, { value, expiresAt, serverUrl, dpop }, isRenewable(sealed))
      })
    },

    seize(id) {
      const accessToken = held.get(id)?.value ?? unstored.get(id)?.tokens.accessToken ?? null
      held.drop(id)
      keys.delete(id)
      backoff.clear(id)
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

const signedOutBecause: Record<SignOutReason, string> = {
  provider: 'The provider refused the renewal.',
  resource: 'The server refuses even a token that was just renewed.',
  expired: 'The provider gave no refresh token, and the access token is over.',
  vault: 'The vault holds no token for it any more.',
}
