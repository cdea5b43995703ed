import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { ContractError } from '../../../../preload/contract/error.ts'
import type { ServerView } from '../../../../preload/contract/index.ts'
import { useApi } from '../../../api/context.ts'
import { usePresence } from '../../../api/presence.tsx'
import type { Plan } from './draft.ts'

/**
 * Keeps the secrets, then adds the server. Where the person says no, or it is refused, the secrets go again. Looking what a
 * command comes to may take a registry a while: whoever closed the dialog by then is asked nothing any more.
 */
export function useAddServer(): UseMutationResult<ServerView, ContractError, Plan> {
  const api = useApi()
  const present = usePresence()
  const queries = useQueryClient()
  const gone = useRef(false)
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
    }
  }, [])
  const whileOpen = <T>(call: (confirm?: string) => Promise<T>) =>
    present((confirm) =>
      call(confirm).catch((error: unknown) => {
        throw gone.current ? givenUp() : error
      }),
    )
  return useMutation<ServerView, ContractError, Plan>({
    // A plan holds credentials: it is forgotten with the dialog that it was made in.
    gcTime: 0,
    mutationFn: async ({ server, secrets }) => {
      const known = new Set((await api.call('secrets:list', {})).map(({ name }) => name))
      const made: string[] = []
      try {
        for (const { name, value } of secrets) {
          await whileOpen((confirm) =>
            api.call('secrets:set', { name, value, ...(confirm ? { confirm } : {}) }),
          )
          if (!known.has(name)) made.push(name)
        }
        return await whileOpen((confirm) =>
          api.call('servers:add', { ...server, ...(confirm ? { confirm } : {}) }),
        )
      } catch (error) {
        for (const name of made) await api.call('secrets:remove', { name }).catch(() => undefined)
        throw error
      }
    },
    onSettled: () => {
      for (const area of ['servers', 'status', 'secrets'])
        void queries.invalidateQueries({ queryKey: [area] })
    },
  })
}

const givenUp = () =>
  new ContractError({ code: 'presence.refused', message: 'Adding it was given up.' })
