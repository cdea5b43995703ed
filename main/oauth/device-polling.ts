import { isWarderError, WarderError } from '../errors.ts'
import type { Tokens } from './token-requests.ts'

/** What one asking for tokens goes by. */
export interface Polling {
  /** Asks once. @throws WarderError as the token endpoint answered */
  readonly ask: () => Promise<Tokens>
  /** Milliseconds between two askings, as the provider wants it. */
  readonly interval: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly clock: () => number
  readonly wait: Wait
  readonly signal: AbortSignal
}

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

/** RFC 8628 §3.5: this and all subsequent requests. */
const SLOWER_MS = 5_000
/** However often a provider wants to be asked. */
const SHORTEST_PAUSE_MS = 1_000
/** A provider that is down is asked no less often than that, unless it wants it so. */
const LONGEST_PAUSE_MS = 60_000

/**
 * Asks for the tokens of a device code until the person has decided (RFC 8628 §3.4 and §3.5), never before the interval
 * has passed.
 *
 * @throws WarderError `oauth.authorization_refused` where the person said no, `oauth.sign_in_abandoned` when the code is
 *   over or the sign-in was cancelled, `oauth.token_refused` for every other refusal
 */
export async function pollForTokens(polling: Polling): Promise<Tokens> {
  const { ask, expiresAt, clock, wait, signal } = polling
  let interval = Math.max(polling.interval, SHORTEST_PAUSE_MS)
  for (;;) {
    await wait(Math.min(interval, Math.max(0, expiresAt - clock())), signal)
    if (signal.aborted) throw abandoned('The sign-in was not finished.')
    if (clock() >= expiresAt) throw abandoned('The code was not used in time.')
    try {
      return await ask()
    } catch (error) {
      interval = nextInterval(error, interval)
    }
  }
}

/** @throws what ends the asking */
function nextInterval(error: unknown, interval: number): number {
  // A connection that timed out, or a provider that fails: less often from here on (RFC 8628 §3.5).
  if (isWarderError(error, 'oauth.provider_unavailable'))
    return Math.max(interval, Math.min(interval * 2, LONGEST_PAUSE_MS))
  if (!isWarderError(error, 'oauth.token_refused')) throw error
  switch (error.details?.error) {
    case 'authorization_pending':
      return interval
    case 'slow_down':
      return interval + SLOWER_MS
    case 'access_denied':
      throw new WarderError(
        'oauth.authorization_refused',
        'The sign-in was refused at the provider.',
        { cause: error },
      )
    case 'expired_token':
      throw abandoned('The code was not used in time.', error)
    default:
      throw error
  }
}

const abandoned = (message: string, cause?: unknown) =>
  new WarderError('oauth.sign_in_abandoned', message, { cause })
