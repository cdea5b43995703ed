import { isWarderError } from '../errors.ts'
import type { Ledger } from './ledger.ts'
import type { GrantRow, Repository } from './repository.ts'
import type { Revoker } from './revocation.ts'
import { revokeToken } from './revocation-requests.ts'
import type { SealedGrant } from './sealed-grant.ts'
import type { Tokens } from './token-requests.ts'
import type { Party } from './wire.ts'

/** The grant that would have come of tokens that nobody wants any more. */
export interface Unwanted {
  readonly row: GrantRow
  readonly sealed: SealedGrant
}

export interface GiveBack {
  /**
   * Has the provider end tokens that nobody will use or knows of (RFC 7009 §2.1). Where it cannot be asked just now, they
   * become a revocation with a receipt, which is tried again like any other.
   *
   * @throws WarderError `store.unwritable`
   */
  give(party: Party, tokens: Tokens, unwanted: () => Unwanted): Promise<void>
  /** @throws what `keep` throws, when the tokens that it did not keep were given back */
  unlessKept<T>(
    party: Party,
    tokens: Tokens,
    unwanted: () => Unwanted,
    keep: () => Promise<T>,
  ): Promise<T>
}

export function createGiveBack({
  revoker,
  repository,
  ledger,
  clock,
}: {
  readonly revoker: Pick<Revoker, 'begin' | 'carryOn'>
  readonly repository: Pick<Repository, 'transaction'>
  readonly ledger: Ledger
  readonly clock: () => number
}): GiveBack {
  /** @returns whether somebody has to ask again */
  async function ask(party: Party, { refreshToken, accessToken }: Tokens): Promise<boolean> {
    const ended = []
    if (refreshToken !== null)
      ended.push(await revokeToken(party, refreshToken, 'refresh_token', clock))
    ended.push(await revokeToken(party, accessToken, 'access_token', clock))
    return ended.some(({ outcome }) => outcome === 'pending')
  }

  function askAgain({ row, sealed }: Unwanted, { accessToken }: Tokens): void {
    const receipt = repository.transaction(() => {
      ledger.note(row, 'revoked')
      return revoker.begin(row, 'Its sign-in was given up.', {
        outcome: 'not-needed',
        detail: 'Warder never used it.',
      })
    })
    const seized = { accessToken, unstored: Promise.resolve(sealed) }
    // A vault that is locked just now leaves the receipt pending.
    void revoker.carryOn(receipt.id, seized).catch(() => undefined)
  }

  async function give(party: Party, tokens: Tokens, unwanted: () => Unwanted): Promise<void> {
    if (await ask(party, tokens)) askAgain(unwanted(), tokens)
  }

  return {
    give,
    async unlessKept(party, tokens, unwanted, keep) {
      try {
        return await keep()
      } catch (error) {
        // What the vault had taken is being revoked already; to ask once more does no harm.
        if (isWarderError(error) && error.details?.revoking === true) await ask(party, tokens)
        else await give(party, tokens, unwanted)
        throw error
      }
    },
  }
}
