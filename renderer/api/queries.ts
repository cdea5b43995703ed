import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import type { Channel, ContractError, Input, Output } from '../../preload/contract/index.ts'
import { useApi } from './context.ts'
import { usePresence } from './presence.tsx'

/** Channels that list something and take nothing. */
type Listing =
  | 'status:get'
  | 'servers:list'
  | 'accounts:list'
  | 'clients:list'
  | 'approvals:list'
  | 'receipts:list'
  | 'imports:list'
  | 'doctor:look'
  | 'stop:records'
  | 'wiring:list'

const nothing = {}

/** Milliseconds between two looks for a companion that does not answer. */
const LOOK_AGAIN = 2_000

const areaOf = (channel: Channel) => channel.slice(0, channel.indexOf(':'))

export function useListing<C extends Listing>(
  channel: C,
): UseQueryResult<Output<C>, ContractError> {
  const api = useApi()
  return useQuery<Output<C>, ContractError>({
    queryKey: [areaOf(channel)],
    queryFn: () => api.call(channel, nothing as Input<C>),
  })
}

/** The status, asked again and again while nobody answers: this is how the page finds the companion back. */
export function useStatus(): UseQueryResult<Output<'status:get'>, ContractError> {
  const api = useApi()
  return useQuery<Output<'status:get'>, ContractError>({
    queryKey: ['status'],
    queryFn: () => api.call('status:get', {}),
    refetchInterval: ({ state }) =>
      state.error?.code === 'companion.unreachable' ? LOOK_AGAIN : false,
  })
}

/** A call that changes something. Where it needs a person, the person is asked and the call repeated. */
export function useAct<C extends Channel>(
  channel: C,
): UseMutationResult<Output<C>, ContractError, Input<C>> {
  const api = useApi()
  const present = usePresence()
  const queries = useQueryClient()
  return useMutation<Output<C>, ContractError, Input<C>>({
    mutationFn: (input) =>
      present((confirm) =>
        api.call(channel, confirm === undefined ? input : ({ ...input, confirm } as Input<C>)),
      ),
    onSuccess: () => {
      // A pause or a lock shows in the status.
      if (channel.startsWith('hold:')) void queries.invalidateQueries()
      // Wiring lets a client in or out.
      if (channel.startsWith('wiring:')) void queries.invalidateQueries({ queryKey: ['clients'] })
      return queries.invalidateQueries({ queryKey: [areaOf(channel)] })
    },
  })
}
