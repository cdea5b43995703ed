export type LedgerEvent = 'renewal' | 'signed-in' | 'signed-out' | 'frozen' | 'revoked'

/**
 * Why a renewal was asked for. `start`: Warder had just started and held no access token; `proof`: the token was revoked,
 * and only a refusal shows that it is; `import`: the token was another program's.
 */
export type RenewalReason =
  | 'ahead-of-expiry'
  | 'rejected-by-resource'
  | 'start'
  | 'proof'
  | 'import'

/**
 * Why an account was signed out. `provider`: it refused the renewal; `resource`: the server refuses even a token that
 * was just renewed; `expired`: there was no refresh token; `vault`: the vault holds no token.
 */
export type SignOutReason = 'provider' | 'resource' | 'expired' | 'vault'

/** Why an account is held. `unbound`: a renewal brought tokens that are bound to no key; null: other endpoints. */
export type FreezeReason = 'unbound'

/** `held`: the provider names other endpoints than at the sign-in, so it was not asked. */
export type RenewalOutcome = 'renewed' | 'refused' | 'unavailable' | 'not-stored' | 'held'

/** One line in the life of a grant. Instants and durations in milliseconds. */
export interface LedgerEntry {
  readonly seq: number
  readonly grant: string
  readonly server: string
  readonly account: string
  readonly label: string | null
  readonly issuer: string
  readonly at: number
  readonly event: LedgerEvent
  readonly reason: RenewalReason | SignOutReason | FreezeReason | null
  /** Of a renewal, as the rest. Null while it is under way, and where it was cut short. */
  readonly outcome: RenewalOutcome | null
  readonly endedAt: number | null
  /** Without outcome for ever: Warder ended in the middle of it, and what the provider answered is not known. */
  readonly cutShort: boolean
  /** The provider replaced the refresh token. */
  readonly rotated: boolean | null
  /** The provider's error code (RFC 6749 §5.2), never its own words. */
  readonly error: string | null
  /** HTTP status of the answer that decided; null where none came. */
  readonly status: number | null
  /** Our own code for what went wrong. */
  readonly code: string | null
  readonly tokenAgeMs: number | null
  /** How long the machine slept before; negative where its clock was set back. */
  readonly sleptMs: number | null
  readonly retryAt: number | null
}
