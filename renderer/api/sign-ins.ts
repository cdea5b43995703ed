import { useListing, useStatus } from './queries.ts'

/**
 * Names of what waits for a sign-in: servers without an account that works, and accounts that must sign in again while
 * their server still has another. Undefined until both are known, since a guess would call all well.
 */
export function useSignInsNeeded(): string[] | undefined {
  const accounts = useStatus().data?.signInNeeded
  const servers = useListing('servers:list').data
  if (accounts === undefined || servers === undefined) return undefined
  const waiting = servers.filter(({ state }) => state === 'sign-in-needed').map(({ name }) => name)
  const others = accounts.filter((account) => !waiting.includes(account.split('/')[0] ?? ''))
  return [...waiting, ...others]
}
