import path from 'node:path'
import { app, powerMonitor } from 'electron'
import { type CompanionOptions, startCompanion } from './companion.ts'
import { createActions } from './desktop/actions.ts'
import { createApprovalNotes } from './desktop/approval-notes.ts'
import { ask, askPlace, choose } from './desktop/ask.ts'
import { createAutostart } from './desktop/autostart.ts'
import { createBrowser } from './desktop/browser.ts'
import { startOrTakeOver } from './desktop/handover.ts'
import { createHelper } from './desktop/helper.ts'
import { serveIpc } from './desktop/ipc.ts'
import { createKeptFiles } from './desktop/kept-files.ts'
import {
  claimInstance,
  dressApp,
  isInBackground,
  launchCommand,
  outliveWindows,
  packaging,
  quitAfter,
  refuseToStart,
  restart,
  runtimeLicences,
  showOnLaunch,
} from './desktop/lifecycle.ts'
import { collectLinks, createPageLink, registerLinks } from './desktop/links.ts'
import { createNotifier } from './desktop/notifications.ts'
import { registerPageScheme, servePage } from './desktop/page-scheme.ts'
import { createPassphraseWindow } from './desktop/passphrase-window.ts'
import { followPower } from './desktop/power.ts'
import { createPresence } from './desktop/presence.ts'
import { createTray } from './desktop/tray.ts'
import type { TrayAction } from './desktop/tray-menu.ts'
import { withVault } from './desktop/vault-choice.ts'
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
const followLinks = collectLinks()
app.enableSandbox()
outliveWindows()
guardWebContents()
app.whenReady().then(start).catch(refuseToStart)

const preload = (name: 'preload' | 'vault') => path.join(root, 'dist', 'preload', `${name}.cjs`)

async function start(): Promise<void> {
  dressApp()
  servePage(await readUiFiles(layout.renderer))
  const window = createMainWindow(preload('preload'))
  // Until the companion is there, a notification opens the window and no more.
  let perform = (action: TrayAction): unknown => action.do === 'open' && window.show(action.page)
  const notifier = createNotifier((action) => void perform(action))

  const files = createKeptFiles(askPlace)
  const options: CompanionOptions = {
    home,
    shell: 'desktop',
    ports: {
      browser: createBrowser(),
      notifier,
      presence: createPresence(ask),
      helper: createHelper(),
    },
    argv: launchCommand(),
    autostart: createAutostart(launchCommand(), process.env),
    files,
    packaging: packaging(),
    restart,
    runtimeLicences: runtimeLicences(),
    pageLink: createPageLink(),
    env: process.env,
    openUi: async () => {
      window.show()
      return { url: null, file: null }
    },
  }
  const companion = await withVault(
    (vault) => startOrTakeOver(() => startCompanion({ ...options, ...vault }), { home, ask }),
    {
      ask,
      choose,
      passphrase: createPassphraseWindow(preload('vault')),
      isAsked: !isInBackground(),
    },
  )
  const { control } = companion
  quitAfter({
    letClose: window.letClose,
    async close() {
      files.discardAll()
      await companion.close()
    },
  })
  serveIpc(control, window.contents)
  const quit = () => app.quit()
  perform = createActions({ control, notifier, ask, open: window.show, quit })
  const icons = path.join(root, 'assets')
  await createTray(control, icons, (action) => void perform(action), createApprovalNotes(notifier))
  followPower(companion, powerMonitor)
  registerLinks()
  followLinks(window.show)
  showOnLaunch(window.show)
}
