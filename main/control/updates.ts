import type { Output } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { checkBrowserUrl } from '../net/browser-url.ts'
import { openInBrowser } from '../oauth/browser.ts'
import { howToInstall } from '../updates/install.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'
import { instantView } from './views.ts'

type UpdateChannel = 'updates:get' | 'updates:look' | 'updates:daily' | 'updates:open'

/** Looking sends one GET and gives nobody a right, so it asks nobody. Nothing is downloaded here. */
export function updateHandlers({
  updates,
  packaging,
  browser,
}: Pick<ControlHouse, 'updates' | 'packaging' | 'browser'>): Handlers<UpdateChannel> {
  function view(): Output<'updates:get'> {
    const { lookedAt, place, ...state } = updates.state()
    return {
      ...state,
      place,
      lookedAt: lookedAt === null ? null : instantView(lookedAt),
      install: howToInstall(packaging, place),
    }
  }
  return {
    'updates:get': async () => view(),
    async 'updates:look'() {
      await updates.look()
      return view()
    },
    async 'updates:daily'({ on }) {
      updates.lookDaily(on)
      return view()
    },
    async 'updates:open'() {
      const { newer } = updates.state()
      if (newer === null)
        throw new WarderError(
          'update.none',
          'No newer version is known, so there is no page of one.',
        )
      await openInBrowser(browser, checkBrowserUrl(newer.page, { serverUrl: newer.page }))
      return {}
    },
  }
}
