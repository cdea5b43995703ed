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
  // What follows the page's name is what a link is about (`#/servers/notes`).
  return (
    pages.find((page) => hash === hrefOf(page) || hash.startsWith(`${hrefOf(page)}/`)) ?? 'overview'
  )
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
