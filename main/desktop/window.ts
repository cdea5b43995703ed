import { app, BrowserWindow, type WebContents, type WebPreferences } from 'electron'
import { PAGE_ORIGIN } from './page.ts'

export interface MainWindow {
  /**
   * Makes the window on first use; afterwards brings it to the front.
   *
   * @param page what follows `#/`; the page that was open last where it is left out
   */
  show(page?: string): void
  /** The page, while there is one: the only sender that IPC trusts. */
  contents(): WebContents | null
  /** Closing hides the window, until this has been called. */
  letClose(): void
}

/** @param preload absolute path of the built preload */
export function createMainWindow(preload: string): MainWindow {
  let window: BrowserWindow | null = null
  let closable = false

  function open(page?: string): BrowserWindow {
    const opened = new BrowserWindow({
      title: 'Warder',
      width: 1080,
      height: 720,
      minWidth: 640,
      minHeight: 480,
      show: false,
      autoHideMenuBar: true,
      webPreferences: safePreferences(preload),
    })
    opened.once('ready-to-show', () => opened.show())
    opened.on('close', (event) => {
      if (closable) return
      event.preventDefault()
      opened.hide()
    })
    opened.on('closed', () => {
      window = null
    })
    load(opened, page)
    return opened
  }

  return {
    show(page) {
      if (window === null) {
        window = open(page)
        return
      }
      // Another fragment is the same document: nothing is loaded anew.
      if (page !== undefined) load(window, page)
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
    contents: () => window?.webContents ?? null,
    letClose() {
      closable = true
    },
  }
}

/** What every window of ours is made with. */
export const safePreferences = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
  devTools: !app.isPackaged,
})

function load(window: BrowserWindow, page: string | undefined): void {
  const fragment = page === undefined ? '' : `#/${page}`
  // A page that cannot load is reported by Chromium in the window itself.
  window.loadURL(`${PAGE_ORIGIN}/${fragment}`).catch(() => undefined)
}
