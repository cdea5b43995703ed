import { WarderError } from '../errors.ts'
import { plain } from './account.ts'
import { isFreeFor } from './account-place.ts'
import type { Ledger } from './ledger.ts'
import type { GrantRow, Repository } from './repository.ts'

/**
 * Gives an account that no provider names the name that a person gives it. A name that is or was somebody else's is
 * refused: what was chosen by it would go to this one.
 *
 * @throws WarderError `grant.unknown`, `usage.invalid`
 */
export function createRename({ repository, ledger }: { repository: Repository; ledger: Ledger }) {
  return (id: string, wanted: string): GrantRow => {
    const row = repository.grant(id)
    if (row === null || row.state === 'revoking')
      throw new WarderError('grant.unknown', 'There is no such account any more.')
    const { server, issuer, subject } = row
    const account = plain(wanted)
    if (account === null)
      throw new WarderError('usage.invalid', 'A name has at least one character that can be seen.')
    const rows = repository
      .grants()
      .filter((other) => other.server === server && other.state !== 'revoking')
    const owner = subject === null ? null : { issuer, subject }
    if (!isFreeFor(account, owner, { repository, rows, server, earlier: row }))
      throw new WarderError(
        'usage.invalid',
        `Another account of ${server} is or was called ${account}.`,
      )
    const renamed = { ...row, account }
    repository.transaction(() => {
      if (owner !== null) repository.saveOwner(server, account, owner)
      repository.saveGrant(renamed)
      ledger.rename(renamed)
    })
    return renamed
  }
}
