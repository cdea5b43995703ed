import { isWarderError, WarderError } from '../errors.ts'
import type { BrowserUrl } from '../net/browser-url.ts'
import type { Browser } from '../ports.ts'

/**
 * Opens a page, a provider's sign-in above all, in the user's own browser, never in a view of ours (RFC 8252 §8.12). The only
 * caller of the Browser port; the type of `page` says that the URL policy has seen it.
 *
 * @throws WarderError `oauth.browser_failed`
 */
export async function openInBrowser(browser: Browser, page: BrowserUrl): Promise<void> {
  try {
    await browser.open(page.url)
  } catch (cause) {
    if (isWarderError(cause)) throw cause
    throw new WarderError('oauth.browser_failed', 'The browser could not be opened.', { cause })
  }
}
