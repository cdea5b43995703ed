import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import type {
  ContractError,
  Input,
  Output,
  ServerView,
} from '../../../../preload/contract/index.ts'
import { useApi } from '../../../api/context.ts'
import { usePresence } from '../../../api/presence.tsx'

export type ReadServer = Output<'pasted:read'>[number]

/** What was pasted may hold credentials: nothing of it outlives the box that it stands in. */
const FORGOTTEN = 0

/** Has the companion read what was pasted. */
export function useReadServers(
  text: string,
): UseMutationResult<ReadServer[], ContractError, undefined> {
  const api = useApi()
  return useMutation<ReadServer[], ContractError, undefined>({
    mutationFn: () => api.call('pasted:read', { text }),
    gcTime: FORGOTTEN,
  })
}

/** Adds one of the servers that were read; its credentials go from the text to the vault without coming by here. */
export function useAddRead(
  input: Input<'pasted:add'>,
): UseMutationResult<ServerView, ContractError, undefined> {
  const api = useApi()
  const present = usePresence()
  const queries = useQueryClient()
  return useMutation<ServerView, ContractError, undefined>({
    mutationFn: () =>
      present((confirm) => api.call('pasted:add', { ...input, ...(confirm && { confirm }) })),
    gcTime: FORGOTTEN,
    onSettled: () => {
      for (const area of ['servers', 'status', 'secrets'])
        void queries.invalidateQueries({ queryKey: [area] })
    },
  })
}
