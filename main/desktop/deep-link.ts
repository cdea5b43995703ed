import { nameSchema } from '../store/references.ts'

/** Our scheme opens a page and does nothing else: any website and any program can make a link. */
export const LINK_SCHEME = 'warder'

/** The pages that a link may name, and whether it may name one thing on them. */
const linkable: Readonly<Record<string, { readonly about: boolean }>> = {
  overview: { about: false },
  servers: { about: true },
  accounts: { about: false },
  clients: { about: true },
  approvals: { about: false },
  activity: { about: false },
  receipts: { about: false },
  settings: { about: false },
}

/**
 * @returns `servers/notes` of `warder:servers/notes`; null for whatever else a link may hold, which then opens the window
 *   as it was
 */
export function pageOfLink(link: string): string | null {
  const [page = '', about, ...more] = link.slice(`${LINK_SCHEME}:`.length).split('/')
  if (!isLink(link) || !Object.hasOwn(linkable, page) || more.length > 0) return null
  if (about === undefined) return page
  return linkable[page]?.about && nameSchema.safeParse(about).success ? `${page}/${about}` : null
}

export const isLink = (argument: string) => argument.startsWith(`${LINK_SCHEME}:`)

/** The link of a page of ours. @param fragment as the page has it, `#/servers/notes` */
export const linkTo = (fragment: string) => `${LINK_SCHEME}:${fragment.replace(/^#\//, '')}`
