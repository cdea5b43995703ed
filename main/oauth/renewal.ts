import { isWarderError, toWarderError, WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { type Backoff, retryAfterMs } from './backoff.ts'
import { isBoundAs, isWhereItWas } from './binding.ts'
import type { Clients } from './clients.ts'
import type { Dpop } from './dpop.ts'
import { frozen } from './grant-errors.ts'
import type { Ledger } from './ledger.ts'
import type { RenewalReason } from './ledger-entry.ts'
import { fetchProvider, type Provider } from './metadata.ts'
import { noRedirect } from './no-callback.ts'
import type { GrantRow } from './repository.ts'
import { grantKey, grantLabel, policyOf, readSealed, type SealedGrant } from './sealed-grant.ts'
import { refresh, type Tokens } from './token-requests.ts'
import { isUnattended, type Unattended, type UnattendedRequests } from './unattended.ts'
import type { Party } from './wire.ts'

/** What the provider gave, and what of it has to be in the vault before it is used. */
export interface Renewed {
  readonly sealed: SealedGrant
  readonly tokens: Tokens
  readonly rotated: boolean
  /** Its entry in the ledger, which is still without outcome. */
  readonly attempt: number
}

export interface Circumstances {
  readonly reason: RenewalReason
  readonly sleptMs: number
  /** The key that the tokens are bound to; null for bearer tokens. */
  readonly dpop: Dpop | null
}

/** A grant's item with a refresh token in it, or with what is asked for without one. */
export type Renewable = (SealedGrant & { readonly refreshToken: string }) | Unattended

export interface Renewer {
  /**
   * Asks the provider for new tokens, written into the ledger before and after.
   *
   * @throws WarderError `grant.sign_in_needed` where the provider refused for good, `grant.frozen` where it names other
   *   endpoints and was not asked; `vault.*`, `secret.*`; else the error of the pause that begins now
   */
  renew(row: GrantRow, sealed: Renewable, about: Circumstances): Promise<Renewed>
}

export interface RenewerOptions {
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly clients: Clients
  readonly unattended: UnattendedRequests
  readonly ledger: Ledger
  readonly backoff: Backoff
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly documents: DocumentCache
  readonly clock: () => number
}

export function createRenewer(options: RenewerOptions): Renewer {
  const { ledger, backoff, clock, documents } = options

  async function renew(row: GrantRow, sealed: Renewable, about: Circumstances): Promise<Renewed> {
    try {
      return await attempt(row, sealed, about)
    } catch (error) {
      const other = providerCode(error) === 'invalid_grant' ? await otherToken(row, sealed) : null
      if (other === null) throw error
      return attempt(row, other, about)
    }
  }

  /** Somebody else may have renewed or signed in meanwhile: then the refusal is about a token that is history. */
  async function otherToken(row: GrantRow, used: Renewable): Promise<Renewable | null> {
    const key = grantKey(row.id)
    const now = await readSealed(options.vault(), key, grantLabel(row), options.knownSecrets)
    if (now === null || !isRenewable(now) || !isBoundAs(now, used)) return null
    return now.refreshToken === used.refreshToken ? null : now
  }

  async function attempt(row: GrantRow, sealed: Renewable, about: Circumstances) {
    const secret = await options.clients.secret(
      sealed.clientSecret,
      sealed.secretOf ?? row.server,
      sealed.issuer,
    )
    const watched = watch(options.fetch(policyOf(sealed)))
    const seq = ledger.begin(row, about)
    try {
      const tokens = await ask(row, sealed, secret, watched.fetch, about)
      backoff.clear(row.id)
      const refreshToken = tokens.refreshToken ?? sealed.refreshToken
      const rotated = refreshToken !== sealed.refreshToken
      return { sealed: { ...sealed, refreshToken }, tokens, rotated, attempt: seq }
    } catch (cause) {
      // What its provider says of itself may be why: the next attempt asks.
      documents.forget(policyOf(sealed))
      throw failed(row, seq, toWarderError(cause), watched.answer())
    }
  }

  async function ask(
    row: GrantRow,
    sealed: Renewable,
    secret: string | null,
    fetch: Fetch,
    about: Circumstances,
  ): Promise<Tokens> {
    const policy = policyOf(sealed)
    const provider = await confirmed(row, sealed, fetch, policy)
    const { clientId, authMethod, quirks } = sealed
    const dpop = about.dpop ?? undefined
    const party: Party = { provider, clientId, authMethod, secret, fetch, policy, quirks, dpop }
    if (isUnattended(sealed)) return askAgain(row, sealed, party)
    return refresh(party, sealed.refreshToken, sealed.resource, clock)
  }

  /** What a person has to mend before it can go better is no matter of waiting. */
  async function askAgain(row: GrantRow, sealed: Unattended, party: Party): Promise<Tokens> {
    try {
      return await options.unattended.ask(row, sealed, party)
    } catch (error) {
      const over =
        isWarderError(error, 'oauth.client_refused') ||
        isWarderError(error, 'oauth.client_key') ||
        providerCode(error) === 'invalid_grant'
      if (!over || !isWarderError(error)) throw error
      throw new WarderError('grant.sign_in_needed', error.message, { cause: error })
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
      const provider = await fetchProvider(
        fetch,
        sealed.issuer,
        policy,
        {
          ...sealed,
          withoutRedirect: isUnattended(sealed) || sealed.redirectUri === noRedirect,
        },
        documents.kept,
      )
      if (isWhereItWas(provider, sealed)) return provider
    } catch (error) {
      if (!isWarderError(error, 'oauth.issuer_mismatch')) throw error
    }
    throw frozen(row)
  }

  /** Writes how it ended. @returns what to throw */
  function failed(row: GrantRow, seq: number, error: WarderError, answer: Response | null) {
    const { code } = error
    const evidence = { error: providerCode(error), status: answer?.status ?? null, code }
    if (isWarderError(error, 'grant.frozen')) {
      ledger.end(seq, { outcome: 'held', code })
      return error
    }
    if (isWarderError(error, 'grant.sign_in_needed', 'oauth.dpop_downgrade')) {
      ledger.end(seq, { outcome: 'refused', ...evidence })
      return error
    }
    const wanted = answer === null ? 0 : retryAfterMs(answer.headers, clock())
    const { error: told, retryAt } = backoff.failed(row.id, error, wanted)
    const outcome = isWarderError(error, 'oauth.token_refused') ? 'refused' : 'unavailable'
    ledger.end(seq, { outcome, ...evidence, retryAt })
    return told
  }

  return { renew }
}

export const isRenewable = (sealed: SealedGrant): sealed is Renewable =>
  sealed.refreshToken !== null || isUnattended(sealed)

/** The `error` of the token endpoint (RFC 6749 §5.2) that lies under one of our errors. */
export function providerCode(error: unknown): string | null {
  if (!isWarderError(error)) return null
  const { error: code } = error.details ?? {}
  return typeof code === 'string' ? code : providerCode(error.cause)
}

/** Sees the answers that can explain a failure: those of the token endpoint, and those of a provider that is down. */
function watch(fetch: Fetch) {
  let last: Response | null = null
  return {
    fetch: async (url: string | URL, init?: RequestInit) => {
      const response = await fetch(url, init)
      const telling = init?.method === 'POST' || response.status === 429 || response.status >= 500
      if (telling) last = response
      return response
    },
    answer: (): Response | null => last,
  }
}
