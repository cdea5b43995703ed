import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { ContractError, SummaryView } from '../../preload/contract/index.ts'
import { useApi } from './context.ts'

/** Milliseconds between two counts while calls keep coming: each reads the audit of its whole span. */
const AT_MOST_EVERY = 5_000

/** Finished calls by client and stretch of time; counted anew while calls come, though not with each of them. */
export function useSummary(span: { hours: number; minutes: number }) {
  const api = useApi()
  const queries = useQueryClient()
  const { hours, minutes } = span
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const off = api.on('audit:appended', (rows) => {
      if (timer !== undefined || !rows.some(({ phase }) => phase === 'outcome')) return
      timer = setTimeout(() => {
        timer = undefined
        void queries.invalidateQueries({ queryKey: ['audit-summary', hours, minutes] })
      }, AT_MOST_EVERY)
    })
    return () => {
      off()
      clearTimeout(timer)
    }
  }, [api, queries, hours, minutes])
  return useQuery<SummaryView, ContractError>({
    queryKey: ['audit-summary', hours, minutes],
    queryFn: () => api.call('audit:summary', { hours, minutes }),
  })
}
