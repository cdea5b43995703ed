import { revokeToken } from './revocation-requests.ts'
import type { Tokens } from './token-requests.ts'
import type { Party } from './wire.ts'

/** Has the provider end tokens that came for a sign-in that nobody wants any more (RFC 7009 §2.1); never throws. */
export async function giveBack(
  party: Party,
  { refreshToken, accessToken }: Tokens,
  clock: () => number,
): Promise<void> {
  if (refreshToken !== null) await revokeToken(party, refreshToken, 'refresh_token', clock)
  await revokeToken(party, accessToken, 'access_token', clock)
}
