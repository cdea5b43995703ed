import { useSyncExternalStore } from 'react'

/** The pages, in the order of the sidebar. The fragment names the page: it works from a file, a scheme and a server. */
export const pages = [
  'overview',
  'servers',
  'activity',
  'clients',
  'approvals',
  'receipts',
] as const

export type Page = (typeof pages)[number]

export const hrefOf = (page: Page) => `#/${page}`

export function usePage(): Page {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return pages.find((page) => hrefOf(page) === hash) ?? 'overview'
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
