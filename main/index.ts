import path from 'node:path'
import { app } from 'electron'
import { startCompanion } from './companion.ts'
import { createActions } from './desktop/actions.ts'
import { createBrowser } from './desktop/browser.ts'
import { createHelper } from './desktop/helper.ts'
import { serveIpc } from './desktop/ipc.ts'
import {
  claimInstance,
  dressApp,
  launchCommand,
  quitAfter,
  refuseToStart,
  showOnLaunch,
} from './desktop/lifecycle.ts'
import { createNotifier } from './desktop/notifications.ts'
import { registerPageScheme, servePage } from './desktop/page-scheme.ts'
import { ask, createPresence } from './desktop/presence.ts'
import { createTray } from './desktop/tray.ts'
import { guardWebContents } from './desktop/web-contents.ts'
import { createMainWindow } from './desktop/window.ts'
import { readUiFiles } from './headless/ui-files.ts'
import { keepHeapSmall } from './heap.ts'
import { layout } from './layout.ts'
import { homeDirectory } from './store/home.ts'

/**
 * Electron's entry. `ready` comes only once this module has been evaluated, so nothing here awaits it: a top-level
 * `await app.whenReady()` would wait for itself.
 */
const home = homeDirectory({ env: process.env })
const root = app.getAppPath()

keepHeapSmall()
claimInstance(home)
registerPageScheme()
app.enableSandbox()
guardWebContents()
app.whenReady().then(start).catch(refuseToStart)

async function start(): Promise<void> {
  dressApp()
  servePage(await readUiFiles(layout.renderer))
  const window = createMainWindow(path.join(root, 'dist', 'preload', 'preload.cjs'))
  const notifier = createNotifier(window.show)

  const companion = await startCompanion({
    home,
    shell: 'desktop',
    ports: {
      browser: createBrowser(),
      notifier,
      presence: createPresence(),
      helper: createHelper(),
    },
    argv: launchCommand(),
    env: process.env,
    openUi: async () => {
      window.show()
      return { url: null, file: null }
    },
  })
  const { control } = companion
  quitAfter({ letClose: window.letClose, close: companion.close })
  serveIpc(control, window.contents)
  const quit = () => app.quit()
  const perform = createActions({ control, notifier, ask, open: window.show, quit })
  await createTray(control, path.join(root, 'assets'), perform)
  showOnLaunch(window.show)
}
