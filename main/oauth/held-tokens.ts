import type { Dpop } from './dpop.ts'
import { type Clocks, elapsed, type Moment, momentOf } from './elapsed.ts'
import type { RenewalReason } from './ledger-entry.ts'

/** An access token in memory. */
export interface HeldToken {
  readonly value: string
  readonly serverUrl: string
  /** The key it is bound to; null for a bearer token. */
  readonly dpop: Dpop | null
  readonly since: Moment
  /** Milliseconds since the epoch, as told by the provider; null where it did not say. */
  readonly expiresAt: number | null
  /** It replaced a token that the resource had refused. */
  readonly afterRejection: boolean
  /** The resource refused this one: it is not given out any more. */
  readonly rejected: boolean
}

/** The access tokens of all grants, and how good each still is. */
export interface HeldTokens {
  get(id: string): HeldToken | undefined
  /** @param renewable false: used to its last second, since nothing can take its place */
  put(
    id: string,
    token: Pick<HeldToken, 'value' | 'serverUrl' | 'expiresAt' | 'dpop'>,
    renewable: boolean,
  ): void
  reject(id: string): void
  drop(id: string): void
  /** Far enough from its end to be given out without a renewal. */
  isFresh(id: string): boolean
  /** Not over yet, as far as we know. */
  isAlive(id: string): boolean
  /** Why a renewal that begins now is asked for. */
  reason(id: string): RenewalReason
}

interface Measured extends HeldToken {
  /** Lifetimes in milliseconds, counted from `since`. */
  readonly freshFor: number
  readonly aliveFor: number
}

const MOST_SKEW_MS = 60_000
const SKEW_SHARE = 0.2

export function createHeldTokens(clocks: Clocks): HeldTokens {
  const tokens = new Map<string, Measured>()

  /** Lifetimes, not instants: an instant means something else once the clock was set. */
  function measure(expiresAt: number | null, renewable: boolean) {
    if (expiresAt === null) return { freshFor: Infinity, aliveFor: Infinity }
    const aliveFor = expiresAt - clocks.clock()
    const reserve = renewable ? Math.min(MOST_SKEW_MS, aliveFor * SKEW_SHARE) : 0
    return { freshFor: aliveFor - reserve, aliveFor }
  }

  function lasts(id: string, lifetime: 'freshFor' | 'aliveFor'): boolean {
    const token = tokens.get(id)
    return token !== undefined && !token.rejected && elapsed(clocks, token.since) < token[lifetime]
  }

  return {
    get: (id) => tokens.get(id),
    put(id, token, renewable) {
      tokens.set(id, {
        ...token,
        ...measure(token.expiresAt, renewable),
        since: momentOf(clocks),
        afterRejection: tokens.get(id)?.rejected ?? false,
        rejected: false,
      })
    },
    reject(id) {
      const token = tokens.get(id)
      if (token !== undefined) tokens.set(id, { ...token, rejected: true })
    },
    drop: (id) => void tokens.delete(id),
    isFresh: (id) => lasts(id, 'freshFor'),
    isAlive: (id) => lasts(id, 'aliveFor'),
    reason(id) {
      const token = tokens.get(id)
      if (token === undefined) return 'start'
      return token.rejected ? 'rejected-by-resource' : 'ahead-of-expiry'
    },
  }
}
