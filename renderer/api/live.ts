import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useApi } from './context.ts'
import { useStatus } from './queries.ts'

/** What changes together with an area, beside the area itself. */
const touched: Record<string, string[]> = {
  servers: ['status'],
  accounts: ['servers', 'status'],
  approvals: ['servers', 'clients', 'status'],
  imports: ['status'],
  receipts: ['stop'],
  status: ['stop'],
}

/** Keeps every list true: asks again for what the companion says has changed, and for all once it is back. */
export function useLive(): void {
  const api = useApi()
  const queries = useQueryClient()
  useEffect(
    () =>
      api.on('state:changed', ({ area }) => {
        for (const key of [area, ...(touched[area] ?? [])])
          void queries.invalidateQueries({ queryKey: [key] })
      }),
    [api, queries],
  )

  const { isError } = useStatus()
  const wasError = useRef(isError)
  useEffect(() => {
    if (wasError.current && !isError) void queries.invalidateQueries()
    wasError.current = isError
  }, [isError, queries])
}
