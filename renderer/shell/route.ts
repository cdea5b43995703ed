import { useSyncExternalStore } from 'react'

/** The pages, in the order of the sidebar. The fragment names the page: it works from a file, a scheme and a server. */
export const pages = [
  'overview',
  'servers',
  'accounts',
  'clients',
  'activity',
  'approvals',
  'receipts',
  'doctor',
  'settings',
] as const

export type Page = (typeof pages)[number]

export const titles: Record<Page, string> = {
  overview: 'Overview',
  servers: 'Servers',
  accounts: 'Accounts',
  clients: 'Clients',
  activity: 'Activity',
  approvals: 'Approvals',
  receipts: 'Receipts',
  doctor: 'Doctor',
  settings: 'Settings',
}

/** @param about what of the page a link is about */
export const hrefOf = (page: Page, about?: string) =>
  about === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(about)}`

export function goTo(page: Page, about?: string): void {
  window.location.hash = hrefOf(page, about)
}

export interface Route {
  page: Page
  /** What follows the page's name (`#/servers/notes`). */
  about: string | undefined
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return readRoute(hash)
}

/** An address that is none of ours leads to the overview. */
export function readRoute(hash: string): Route {
  const [, name, about] = /^#\/([a-z]+)(?:\/(.+))?$/.exec(hash) ?? []
  const page = pages.find((one) => one === name)
  if (page === undefined) return { page: 'overview', about: undefined }
  return { page, about: about === undefined ? undefined : decoded(about) }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
