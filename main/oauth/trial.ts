import { toWarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { Ledger } from './ledger.ts'
import { providerCode } from './renewal.ts'
import type { GrantRow } from './repository.ts'
import type { StepResult } from './revocation-requests.ts'
import { grantLabel, type SealedGrant } from './sealed-grant.ts'
import { refresh, type Tokens } from './token-requests.ts'
import type { Party } from './wire.ts'

/** What came of trying a refresh token that the provider says it revoked. */
export interface Tried {
  readonly step: StepResult
  /** What the provider issued in spite of the revocation; to be kept, then revoked. */
  readonly minted: Tokens | null
}

/**
 * Tries a refresh token that was revoked (RFC 6749 §6): where nothing else can tell, only `invalid_grant` does. Written
 * into the ledger before it is made, because a provider that did not revoke may issue new tokens now.
 *
 * @throws WarderError `store.unwritable`: then it was not made
 */
export async function tryRevoked(
  row: GrantRow,
  sealed: SealedGrant & { readonly refreshToken: string },
  party: Party,
  options: {
    readonly ledger: Ledger
    readonly knownSecrets: KnownSecrets
    readonly clock: () => number
  },
): Promise<Tried> {
  const { ledger, knownSecrets, clock } = options
  if (refusedBefore(row, ledger)) return { minted: null, step: REFUSED_BEFORE }
  const seq = ledger.begin(row, { reason: 'proof', sleptMs: 0 })
  const seen = lastStatus(party.fetch)
  try {
    const asking = { ...party, fetch: seen.fetch }
    const tokens = await refresh(asking, sealed.refreshToken, sealed.resource, clock)
    const label = grantLabel(row)
    knownSecrets.add(`${label} access token`, tokens.accessToken)
    if (tokens.refreshToken !== null)
      knownSecrets.add(`${label} refresh token`, tokens.refreshToken)
    const rotated = tokens.refreshToken !== null && tokens.refreshToken !== sealed.refreshToken
    ledger.end(seq, { outcome: 'renewed', rotated, status: 200 })
    return { minted: tokens, step: { status: 200, outcome: 'failed', detail: MINTED } }
  } catch (thrown) {
    const error = toWarderError(thrown)
    const code = providerCode(error)
    const status = seen.status()
    const refused = code === 'invalid_grant'
    const outcome = status !== null && status < 500 ? 'refused' : 'unavailable'
    ledger.end(seq, { outcome, error: code, status, code: error.code })
    if (refused)
      return { minted: null, step: { status, outcome: 'done', detail: 'The provider refuses it.' } }
    return untold(status, status === null ? UNCLEAR : `The answer (${status}) does not tell.`)
  }
}

/** The last that the provider said of the token was that it is dead: no new one came since. */
function refusedBefore(row: GrantRow, ledger: Ledger): boolean {
  const last = ledger
    .of(row, ENTRIES)
    .find(({ grant, event }) => grant === row.id && (event === 'renewal' || event === 'signed-in'))
  return last?.event === 'renewal' && last.outcome === 'refused' && last.error === 'invalid_grant'
}

/** Among these is the last renewal; where it is not, the token is tried. */
const ENTRIES = 20

const REFUSED_BEFORE: StepResult = {
  status: null,
  outcome: 'done',
  detail:
    'The provider had refused it before the revocation (invalid_grant): it was not tried again.',
}

const untold = (status: number | null, detail: string): Tried => ({
  minted: null,
  step: { status, outcome: 'failed', detail },
})

const MINTED =
  'The provider issued new tokens for a refresh token that it says it revoked. Warder revoked those at once.'
const UNCLEAR = 'No answer came: what the provider did is not known.'

/** The status that the token endpoint answered with, as evidence. */
function lastStatus(fetch: Fetch) {
  let status: number | null = null
  return {
    fetch: async (url: string | URL, init?: RequestInit) => {
      const response = await fetch(url, init)
      status = response.status
      return response
    },
    status: () => status,
  }
}
