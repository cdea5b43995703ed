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
  const outcome = (kind: ReceiptStep['step']) => steps.find((one) => one.step === kind)?.outcome
  const asked = [outcome('revoke-refresh-token'), outcome('revoke-access-token')]
  if (asked.includes('pending'))
    return {
      state: 'pending',
      remains:
        'The provider has not confirmed the revocation yet: until it does, take the token as valid there.',
    }
  const refused = outcome('probe') === 'done'
  const confirmed =
    sealed.refreshToken === null
      ? outcome('revoke-access-token') === 'done' || refused
      : outcome('revoke-refresh-token') === 'done'
  if (!confirmed) return { state: 'local-only', remains: whatLivesOn(sealed, steps) }
  if (refused) return { state: 'proven', remains: null }
  return { state: 'revoked', remains: accessTokenLives(steps, lastExpiry, now) }
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

/** A self-contained access token is believed by the server without asking the provider. */
function accessTokenLives(
  steps: readonly ReceiptStep[],
  lastExpiry: number | null,
  now: number,
): string | null {
  if (lastExpiry !== null && lastExpiry <= now) return null
  const probe = steps.find((one) => one.step === 'probe')
  const saw = probe === undefined ? 'No access token was at hand to try' : probe.detail.slice(0, -1)
  const until =
    lastExpiry === null
      ? 'the provider did not say when it expires'
      : `until ${new Date(lastExpiry).toISOString()} at the latest`
  return `${saw}: an access token that was issued before may still be accepted, ${until}.`
}
