import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { app, dialog, Menu } from 'electron'
import { isWarderError, toWarderError } from '../errors.ts'
import type { Packaging } from '../updates/install.ts'
import { wasStartedAtLogin } from './autostart.ts'
import { pageOfLaunch } from './links.ts'

const CANNOT_START = 'Warder cannot start'

/** The name under which Windows files notifications: that of `electron-builder.yml`. */
const APP_ID = 'dev.warder.app'

/**
 * Makes this process the only desktop Warder of its home, or ends it: then the first one shows its window. Chromium's
 * own files go below the home as well, which is what ties the lock to the home. Has to come before `ready`.
 */
export function claimInstance(home: string): void {
  const userData = path.join(home, 'window')
  try {
    mkdirSync(userData, { recursive: true, mode: 0o700 })
  } catch {
    dialog.showErrorBox(CANNOT_START, `${userData} cannot be created.`)
    process.exit(1)
  }
  app.setPath('userData', userData)
  // `app.quit` would still run what follows up to `ready`.
  if (!app.requestSingleInstanceLock()) process.exit(0)
}

/** Started by a program, the window stays away until somebody asks for it. */
const IN_BACKGROUND = '--background'

/** Started by a program: nobody may be there to answer a question. */
export const isInBackground = () => process.argv.includes(IN_BACKGROUND) || wasStartedAtLogin()

/** What starts this app again without its window: for the shim, whose client needs the companion and no more. */
export function launchCommand(): string[] {
  // An AppImage runs from a mount that is gone with it.
  const program = process.env.APPIMAGE ?? process.execPath
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), IN_BACKGROUND]
}

/**
 * Every launch by a person shows the window, a second one too: it is the way in where no tray is displayed. One by a link
 * shows the page that it names.
 */
export function showOnLaunch(show: (page?: string) => void): void {
  const launched = (argv: readonly string[]) => {
    const page = pageOfLaunch(argv)
    if (page !== undefined) show(page ?? undefined)
    else if (!argv.includes(IN_BACKGROUND)) show()
  }
  app.on('second-instance', (_event, argv) => launched(argv))
  app.on('activate', () => show())
  if (!wasStartedAtLogin()) launched(process.argv)
}

/** Warder lives in the tray: Electron quits with the last window unless somebody listens. */
export function outliveWindows(): void {
  app.on('window-all-closed', () => undefined)
}

/** Electron's own menu offers developer tools; ours is what macOS needs for copy and paste, elsewhere none. */
export function dressApp(): void {
  app.setAppUserModelId(APP_ID)
  const roles = [{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }] as const
  const menu = process.platform === 'darwin' ? Menu.buildFromTemplate([...roles]) : null
  Menu.setApplicationMenu(menu)
}

/**
 * Closing the window does not end Warder, and quitting waits until the companion has ended.
 * Whoever quits a second time meanwhile does not wait.
 */
export function quitAfter(parts: { letClose: () => void; close: () => Promise<void> }): void {
  app.on('before-quit', parts.letClose)
  app.once('will-quit', (event) => {
    event.preventDefault()
    parts.close().then(
      () => app.exit(0),
      () => app.exit(1),
    )
  })
}

/** How this app came here. */
export function packaging(): Packaging {
  if (!app.isPackaged) return 'sources'
  if (process.platform === 'darwin') return 'dmg'
  if (process.platform === 'win32') return 'nsis'
  return process.env.APPIMAGE === undefined ? 'package' : 'appimage'
}

/** Where electron-builder puts the licences of Electron and Chromium. */
export function runtimeLicences(): string[] {
  const program = path.dirname(process.execPath)
  const folder = process.platform === 'darwin' ? path.join(program, '..', 'Resources') : program
  return ['LICENSE.electron.txt', 'LICENSES.chromium.html'].map((file) => path.join(folder, file))
}

/** Ends this app in order, and starts it again with its window. */
export function restart(): void {
  const [program, ...args] = launchCommand().filter((word) => word !== IN_BACKGROUND)
  app.relaunch({ args, ...(program === undefined ? {} : { execPath: program }) })
  app.quit()
}

/** Ends a Warder that could not start, in words. */
export function refuseToStart(error: unknown): void {
  // A person who closed the window knows why.
  const cancelled = isWarderError(error, 'cli.cancelled')
  if (!cancelled) dialog.showErrorBox(CANNOT_START, toWarderError(error).message)
  app.exit(cancelled ? 0 : 1)
}
