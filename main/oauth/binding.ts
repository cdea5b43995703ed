import type { Provider } from './metadata.ts'
import type { GrantRow } from './repository.ts'
import type { SealedGrant } from './sealed-grant.ts'
import { kindOf, subjectOf } from './unattended.ts'

/** What a grant is bound to, compared: where one of these says no, its token goes nowhere. */

/**
 * Is the row of the database the grant that the vault holds a token for? Whoever edits the database must not win a
 * token of another issuer, client, account kind or resource by it.
 */
export function isSameGrant(row: GrantRow, sealed: SealedGrant): boolean {
  return (
    sealed.issuer === row.issuer &&
    sealed.clientId === row.clientId &&
    sealed.resource === row.resource &&
    (sealed.dpopKey !== null) === (row.bound === 'dpop') &&
    kindOf(sealed) === row.kind &&
    subjectOf(sealed) === row.exchangedFrom
  )
}

/** Does the provider take tokens where it took them at the sign-in? */
export const isWhereItWas = (provider: Provider, sealed: SealedGrant): boolean =>
  provider.token_endpoint === sealed.tokenEndpoint

/** Is an item that somebody else stored meanwhile good for the same as the one that was read before? */
export function isBoundAs(now: SealedGrant, before: SealedGrant): boolean {
  return (
    now.issuer === before.issuer &&
    now.tokenEndpoint === before.tokenEndpoint &&
    now.clientId === before.clientId &&
    now.resource === before.resource &&
    now.dpopKey?.d === before.dpopKey?.d
  )
}
