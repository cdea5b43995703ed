import { shell } from 'electron'
import { WarderError } from '../errors.ts'
import { createBrowser as createSpawnedBrowser } from '../headless/browser.ts'
import type { Browser } from '../ports.ts'

/**
 * The system browser. On Linux the same `xdg-open` as in the headless shell, because Electron's own way goes through
 * GLib, which rewrites what it is given; elsewhere the operating system's own call.
 */
export function createBrowser(): Browser {
  if (process.platform === 'linux') return createSpawnedBrowser()
  return {
    async open(url) {
      try {
        await shell.openExternal(url)
      } catch (cause) {
        throw new WarderError('oauth.browser_failed', 'No browser could be opened.', { cause })
      }
    },
  }
}
