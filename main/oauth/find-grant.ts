import { WarderError } from '../errors.ts'
import type { GrantRow } from './repository.ts'

type Named = Pick<GrantRow, 'id' | 'server' | 'account' | 'label' | 'state'>

/**
 * @param name `SERVER/ACCOUNT`, or an account, label or grant id that is unique
 * @throws WarderError `grant.unknown`, `grant.ambiguous`
 */
export function findGrant<Row extends Named>(rows: readonly Row[], name: string): Row {
  const full = rows.filter((row) => names(row).some((one) => `${row.server}/${one}` === name))
  const short = rows.filter((row) => row.id === name || names(row).includes(name))
  const found = full.length > 0 ? full : short
  // A grant whose revocation is pending does not compete with the one that took its place.
  const live = found.filter((row) => row.state !== 'revoking')
  const candidates = live.length > 0 ? live : found
  if (candidates.length > 1)
    throw new WarderError('grant.ambiguous', 'More than one account answers to that name.', {
      details: { accounts: candidates.map((row) => `${row.server}/${row.account}`) },
    })
  const [only] = candidates
  if (only === undefined)
    throw new WarderError('grant.unknown', 'There is no account of that name.')
  return only
}

const names = (row: Named) => (row.label === null ? [row.account] : [row.account, row.label])
