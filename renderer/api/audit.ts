import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { AuditRow, ContractError } from '../../preload/contract/index.ts'
import { type AuditFilter, appendRows, mergeRows, PAGE, refreshRows } from './audit-rows.ts'
import { useApi } from './context.ts'

/** The audit's rows that pass the filter, newest first, followed live and extended into the past on request. */
export function useAudit(filter: AuditFilter) {
  const api = useApi()
  const queries = useQueryClient()
  const key = ['audit', filter]
  const held = () => queries.getQueryData<AuditRow[]>(key) ?? []

  const rows = useQuery<AuditRow[], ContractError>({
    queryKey: key,
    queryFn: async () => {
      const newest = await api.call('audit:query', { ...filter, limit: PAGE })
      return refreshRows(held(), newest)
    },
    placeholderData: keepPreviousData,
  })

  const older = useMutation<number, ContractError>({
    mutationFn: async () => {
      const before = held().at(-1)?.seq
      if (before === undefined) return 0
      const more = await api.call('audit:query', { ...filter, before, limit: PAGE })
      queries.setQueryData<AuditRow[]>(key, (now = []) => mergeRows(now, more))
      return more.length
    },
  })

  useEffect(
    () =>
      api.on('audit:appended', (appended) => {
        for (const [each] of queries.getQueriesData<AuditRow[]>({ queryKey: ['audit'] }))
          queries.setQueryData<AuditRow[]>(
            each,
            (now) => now && appendRows(now, appended, each[1] as AuditFilter),
          )
      }),
    [api, queries],
  )

  return { rows, older }
}
