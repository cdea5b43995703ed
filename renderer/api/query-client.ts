import { QueryClient } from '@tanstack/react-query'

/**
 * The companion tells what changed, so nothing goes stale by age. It is on this machine, so the network being down says
 * nothing about it (`networkMode`), and a refusal will not turn into a success by asking again.
 */
export function createQueryClient(): QueryClient {
  const always = { networkMode: 'always', retry: false } as const
  return new QueryClient({
    defaultOptions: {
      queries: { ...always, staleTime: Number.POSITIVE_INFINITY },
      mutations: always,
    },
  })
}
