import { WarderError } from '../errors.ts'

interface Named {
  readonly server: string
  readonly account: string
}

export const signInNeeded = (row: Named | null, why = '', cause?: unknown) =>
  new WarderError(
    'grant.sign_in_needed',
    row === null
      ? 'The account is not there any more: sign in again.'
      : `${row.server}/${row.account} needs a new sign-in: run \`warder connect ${row.server}\`. ${why}`.trim(),
    row === null ? { cause } : { cause, details: { server: row.server, account: row.account } },
  )

export const frozen = (row: Named) =>
  new WarderError(
    'grant.frozen',
    `The provider of ${row.server}/${row.account} is not as it was at the sign-in, so the account is held; \`warder why ${row.server}/${row.account}\` says what changed.`,
  )
