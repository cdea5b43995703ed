import { WarderError } from '../errors.ts'

interface Named {
  readonly server: string
  readonly account: string
}

/** @param row `account` null: nobody is signed in at the server yet */
export function signInNeeded(
  row: (Omit<Named, 'account'> & { readonly account: string | null }) | null,
  why = '',
  cause?: unknown,
): WarderError {
  if (row === null)
    return new WarderError(
      'grant.sign_in_needed',
      'The account is not there any more: sign in again.',
      { cause },
    )
  const { server, account } = row
  const sentence =
    account === null
      ? `The server ${server} needs a signed-in account: run \`warder connect ${server}\`.`
      : `${server}/${account} needs a new sign-in: run \`warder connect ${server}\`. ${why}`
  return new WarderError('grant.sign_in_needed', sentence.trim(), {
    cause,
    details: { server, account },
  })
}

export const frozen = (row: Named) =>
  new WarderError(
    'grant.frozen',
    `The provider of ${row.server}/${row.account} is not as it was at the sign-in, so the account is held; \`warder why ${row.server}/${row.account}\` says what changed.`,
  )

export const revokedMeanwhile = () =>
  new WarderError('oauth.sign_in_abandoned', 'The account was revoked meanwhile.', {
    details: { revoking: true },
  })
