import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { AccountView, ContractError, Output } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'

export type Flow = Output<'accounts:connect'>

/**
 * One sign-in from the page's side: started, waited for, cancelled when its dialog goes away. `start` takes whether
 * the companion opens the browser by itself.
 */
export function useSignIn(server: string) {
  const api = useApi()
  const queries = useQueryClient()
  const open = useRef<string>(undefined)
  const gone = useRef(false)

  const finish = useMutation<AccountView, ContractError, string>({
    mutationFn: (flow) => api.call('accounts:connected', { flow }),
    onSuccess: () => {
      for (const area of ['accounts', 'servers', 'status'])
        void queries.invalidateQueries({ queryKey: [area] })
    },
    onSettled: () => {
      open.current = undefined
    },
  })

  const start = useMutation<Flow, ContractError, boolean>({
    mutationFn: (browser) => api.call('accounts:connect', { server, browser }),
    onSuccess: ({ flow }) => {
      open.current = flow
      if (gone.current) cancel()
      else finish.mutate(flow)
    },
  })

  const cancel = () => {
    const flow = open.current
    open.current = undefined
    // Who cancels has moved on: a flow that is gone already is what was wanted.
    if (flow !== undefined) void api.call('accounts:cancel', { flow }).catch(() => undefined)
  }

  const letGo = useRef(cancel)
  letGo.current = cancel
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
      letGo.current()
    }
  }, [])

  return { start, finish }
}
