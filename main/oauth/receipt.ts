import type { SealedGrant } from './sealed-grant.ts'
import type { Receipt, ReceiptStep } from './types.ts'

/** What a receipt says once everybody who could be asked has been asked. */
export type Conclusion = Pick<Receipt, 'state' | 'remains'>

export function firstStep(at: number): ReceiptStep {
  return {
    at,
    step: 'local',
    endpoint: null,
    status: null,
    outcome: 'done',
    detail: 'Warder stopped using the account.',
  }
}

/** The steps with `step` in the place of an earlier attempt at the same. */
export function remember(steps: readonly ReceiptStep[], step: ReceiptStep): ReceiptStep[] {
  const { at, endpoint, status, outcome, detail } = step
  const others = steps.filter((one) => one.step !== step.step)
  return [...others, { at, step: step.step, endpoint, status, outcome, detail }]
}

/**
 * @param sealed what the vault held; null where it held nothing
 * @param lastExpiry when the last access token that was issued is over, as far as the provider said
 */
export function conclude(
  steps: readonly ReceiptStep[],
  sealed: SealedGrant | null,
  lastExpiry: number | null,
  now: number,
): Conclusion {
  if (sealed === null)
    return {
      state: 'local-only',
      remains:
        'The vault held no token of this account any more, so the provider could not be asked to revoke one.',
    }
  if (sealed.asks !== undefined && sealed.accessToken === null)
    return { state: 'local-only', remains: accessTokenLives(steps, lastExpiry, now) }
  const outcome = (kind: ReceiptStep['step']) => steps.find((one) => one.step === kind)?.outcome
  const asked = [outcome('revoke-refresh-token'), outcome('revoke-access-token')]
  if (asked.includes('pending'))
    return {
      state: 'pending',
      remains:
        'The provider has not confirmed the revocation yet: until it does, take the token as valid there.',
    }
  const confirmed =
    sealed.refreshToken === null
      ? outcome('revoke-access-token') === 'done' || outcome('probe') === 'done'
      : outcome('revoke-refresh-token') === 'done'
  if (!confirmed) return { state: 'local-only', remains: whatLivesOn(sealed, steps) }
  if (refreshTokenLives(steps, sealed)) return stillTaken(sealed)
  const remains = [
    refreshTokenUntold(steps, sealed),
    accessTokenLives(steps, lastExpiry, now),
  ].filter((sentence) => sentence !== null)
  // The provider's word alone: nothing lives on that anybody knows of, but nobody saw it dead.
  const seen = remains.length === 0 && isRefreshTokenSeenDead(steps, sealed)
  return { state: seen ? 'proven' : 'revoked', remains: remains.join(' ') || null }
}

/** So often a provider may issue tokens for one that it said it had revoked; then Warder stops asking for more. */
export const MOST_TRIALS = 3

/** So often, over more than a day, a provider may call active what it said it had revoked; then it is not asked again. */
export const MOST_LOOKS = 12

const has = (
  steps: readonly ReceiptStep[],
  step: ReceiptStep['step'],
  ...outcomes: ReceiptStep['outcome'][]
) => steps.some((one) => one.step === step && outcomes.includes(one.outcome))

/** Seen alive after the provider had confirmed its revocation: by its own word, or because it issued new tokens for it. */
function refreshTokenLives(steps: readonly ReceiptStep[], { minted }: SealedGrant): boolean {
  if (has(steps, 'introspect-refresh-token', 'failed')) return true
  return minted > 0 && !has(steps, 'try-refresh', 'done')
}

function stillTaken(sealed: SealedGrant): Conclusion {
  if (sealed.seenActive >= MOST_LOOKS)
    return {
      state: 'local-only',
      remains: `The provider ${sealed.issuer} confirmed the revocation, and still calls the refresh token active, ${sealed.seenActive} times now: take it as valid there. Warder asks no more: ${ownPage(sealed)}`,
    }
  const what = `The provider ${sealed.issuer} confirmed the revocation, and still took the refresh token afterwards`
  if (sealed.minted < MOST_TRIALS)
    return { state: 'pending', remains: `${what}: take it as valid there. Warder asks again.` }
  return { state: 'local-only', remains: `${what}, ${sealed.minted} times: ${ownPage(sealed)}` }
}

const isRefreshTokenSeenDead = (steps: readonly ReceiptStep[], sealed: SealedGrant) =>
  sealed.refreshToken === null ||
  has(steps, 'introspect-refresh-token', 'done') ||
  has(steps, 'try-refresh', 'done')

/** A trial without an answer may have made a provider, which did not revoke, issue what nobody here has seen. */
function refreshTokenUntold(steps: readonly ReceiptStep[], sealed: SealedGrant): string | null {
  if (isRefreshTokenSeenDead(steps, sealed)) return null
  const trial = steps.find((one) => one.step === 'try-refresh')
  if (trial === undefined || trial.status !== null) return null
  return 'The trial of the refresh token had no answer: should the provider not have revoked it, a token that it issued then may live on.'
}

function whatLivesOn(sealed: SealedGrant, steps: readonly ReceiptStep[]): string {
  const kind = sealed.refreshToken === null ? 'access token' : 'refresh token'
  const why =
    sealed.revocationEndpoint === null
      ? 'has no revocation endpoint'
      : `did not accept the revocation (${answers(steps)})`
  return `The provider ${sealed.issuer} ${why}. Warder forgot the ${kind}, but a copy of it could be used until it expires there: ${ownPage(sealed)}`
}

function ownPage({ revokePage }: SealedGrant): string {
  const page = revokePage === null ? '.' : `: ${revokePage}`
  return `remove Warder's access on the provider's own page${page}`
}

function answers(steps: readonly ReceiptStep[]): string {
  const statuses = steps
    .filter((one) => one.step.startsWith('revoke-') && one.outcome !== 'done')
    .map((one) => one.status ?? 'no answer')
  return [...new Set(statuses)].join(', ')
}

/**
 * A self-contained access token is believed by the server without asking the provider, so its word outweighs the
 * provider's; where the server could not be asked, the provider's introspection counts.
 */
function accessTokenLives(
  steps: readonly ReceiptStep[],
  lastExpiry: number | null,
  now: number,
): string | null {
  const probe = steps.find((one) => one.step === 'probe')
  if (probe?.outcome === 'done') return null
  if (probe?.status == null && has(steps, 'introspect-access-token', 'done')) return null
  if (probe?.status == null && lastExpiry !== null && lastExpiry <= now) return null
  const saw = probe === undefined ? 'No access token was at hand to try' : probe.detail.slice(0, -1)
  const until =
    lastExpiry === null
      ? 'the provider did not say when it expires'
      : `until ${new Date(lastExpiry).toISOString()} at the latest`
  return `${saw}: an access token that was issued before may still be accepted, ${until}.`
}
