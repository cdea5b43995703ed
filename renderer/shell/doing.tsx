import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react'
import type { AccountView } from '../../preload/contract/index.ts'
import { useRoute } from './route.ts'

/** What a person is about to do. Each has one dialog, wherever it was asked for: a card, a menu, the command palette. */
export type Doing =
  | { what: 'connect'; server: string; account?: string; scopes?: string[] }
  | { what: 'step-up'; account: AccountView }
  // The account itself: it leaves the list while its receipt is still on the screen.
  | { what: 'revoke'; account: AccountView }
  | { what: 'why'; account: AccountView }
  | { what: 'add-server' }
  | { what: 'remove-server'; server: string }
  | { what: 'add-client' }
  | { what: 'remove-client'; client: string }
  | { what: 'renew-client'; client: string }
  | { what: 'wire'; client: string; title: string; action: 'wire' | 'unwire' }
  | { what: 'stop' }

interface Context {
  doing: Doing | undefined
  begin: (doing: Doing) => void
  end: () => void
}

const DoingContext = createContext<Context | undefined>(undefined)

export function useDoing(): Context {
  const context = use(DoingContext)
  if (context === undefined) throw new Error('useDoing outside of DoingProvider')
  return context
}

export function DoingProvider({ children }: { children: ReactNode }) {
  const [doing, begin] = useState<Doing>()
  const { page } = useRoute()
  // Whoever goes to another page has given up what was begun on this one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the page is the occasion
  useEffect(() => begin(undefined), [page])
  const context = useMemo(() => ({ doing, begin, end: () => begin(undefined) }), [doing])
  return <DoingContext value={context}>{children}</DoingContext>
}
