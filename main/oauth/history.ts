import { isWarderError, WarderError } from '../errors.ts'
import type { Backoff } from './backoff.ts'
import { findGrant } from './find-grant.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import type { Repository } from './repository.ts'
import type { AccountHistory } from './types.ts'

interface HistoriesOptions {
  readonly repository: Repository
  readonly ledger: Ledger
  readonly backoff: Backoff
}

/** @returns what `Grants.history` does */
export function createHistories({ repository, ledger, backoff }: HistoriesOptions) {
  return (name: string, limit: number): AccountHistory => {
    const { grant, who } = named(name)
    const { server, account, issuer } = who
    const receipt = repository
      .receipts()
      .find((one) => one.server === server && one.account === account)
    return {
      server,
      account,
      issuer,
      grant,
      retryAt: grant === null ? null : (backoff.current(grant.id)?.retryAt ?? null),
      receipt: receipt ?? null,
      entries: ledger.of({ server, account }, limit),
    }
  }

  /** An account that is there goes before one that is gone. */
  function named(name: string) {
    try {
      const grant = findGrant(repository.grants(), name)
      return { grant, who: grant }
    } catch (error) {
      const [who, ...others] = isWarderError(error, 'grant.unknown') ? ledger.named(name) : []
      if (who === undefined) throw error
      if (others.length > 0) throw ambiguous([who, ...others])
      return { grant: null, who }
    }
  }
}

const ambiguous = (entries: readonly LedgerEntry[]) =>
  new WarderError('grant.ambiguous', 'More than one account answered to that name.', {
    details: { accounts: entries.map(({ server, account }) => `${server}/${account}`) },
  })
