import { revokeToken } from './revocation-requests.ts'
import type { Tokens } from './token-requests.ts'
import type { Party } from './wire.ts'

/** Has the provider end tokens that nobody will use or knows of (RFC 7009 §2.1); never throws. */
export async function giveBack(
  party: Party,
  { refreshToken, accessToken }: Tokens,
  clock: () => number,
): Promise<void> {
  if (refreshToken !== null) await revokeToken(party, refreshToken, 'refresh_token', clock)
  await revokeToken(party, accessToken, 'access_token', clock)
}

/** @throws what `keep` throws, when the tokens that it did not keep were given back */
export async function keptOrGivenBack<T>(
  party: Party,
  tokens: Tokens,
  clock: () => number,
  keep: () => Promise<T>,
): Promise<T> {
  try {
    return await keep()
  } catch (error) {
    await giveBack(party, tokens, clock)
    throw error
  }
}
