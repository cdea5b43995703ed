import { app } from 'electron'
import { isLink, LINK_SCHEME, linkTo, pageOfLink } from './deep-link.ts'

/** macOS reads the scheme from the bundle and Linux from the package's desktop file; on Windows it is registered here. */
export function registerLinks(): void {
  // Whatever follows `--` is no switch, however a website spells it.
  if (process.platform === 'win32' && app.isPackaged)
    app.setAsDefaultProtocolClient(LINK_SCHEME, process.execPath, ['--'])
}

/**
 * How macOS hands over a link, one that started the app even before `ready`.
 *
 * @returns what to call with who opens pages, once there is somebody
 */
export function collectLinks(): (open: (page?: string) => void) => void {
  let first: string | null = null
  let follow = (url: string) => {
    first = url
  }
  app.on('open-url', (event, url) => {
    event.preventDefault()
    if (isLink(url)) follow(url)
  })
  return (open) => {
    follow = (url) => open(pageOfLink(url) ?? undefined)
    if (first !== null) follow(first)
  }
}

/** The page that the arguments of a launch name; undefined where there is no link among them. */
export function pageOfLaunch(argv: readonly string[]): string | null | undefined {
  const link = argv.find(isLink)
  return link === undefined ? undefined : pageOfLink(link)
}

/** Where the system would hand a link to somebody else, there is none. */
export function createPageLink(): (fragment: string) => Promise<string | null> {
  let ours: boolean | undefined
  return async (fragment) => {
    // On Linux this starts a program.
    ours ??= app.isDefaultProtocolClient(LINK_SCHEME)
    return ours ? linkTo(fragment) : null
  }
}
