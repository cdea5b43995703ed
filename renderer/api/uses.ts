import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { AuditRow, ContractError, UsesView } from '../../preload/contract/index.ts'
import { useApi } from './context.ts'

/** Who used an account: asked for once, and from then on kept up by what is appended to the audit. */
export function useUses(account: string) {
  const api = useApi()
  const queries = useQueryClient()
  useEffect(
    () =>
      api.on('audit:appended', (rows) =>
        queries.setQueryData<UsesView>(
          ['accounts', 'uses', account],
          (known) => known && withCalls(known, rows, account),
        ),
      ),
    [api, queries, account],
  )
  return useQuery<UsesView, ContractError>({
    queryKey: ['accounts', 'uses', account],
    queryFn: () => api.call('accounts:uses', { account }),
  })
}

/** @param rows that were just written, oldest first @returns the same where none of them used the account */
export function withCalls(known: UsesView, rows: readonly AuditRow[], account: string): UsesView {
  const used = rows.filter(
    (row) => row.phase === 'outcome' && row.outcome !== 'denied' && row.account === account,
  )
  return used.reduce(
    ({ clients, whole }, { client, at, target, method }) => ({
      clients: [
        {
          client,
          calls: (clients.find((one) => one.client === client)?.calls ?? 0) + 1,
          lastAt: at,
          last: target ?? method,
        },
        ...clients.filter((one) => one.client !== client),
      ],
      whole,
    }),
    known,
  )
}
