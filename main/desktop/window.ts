import { app, BrowserWindow, type WebContents } from 'electron'
import { PAGE_ORIGIN } from './page.ts'

export interface MainWindow {
  /** Makes the window on first use; afterwards brings it to the front. */
  show(): void
  /** The page, while there is one: the only sender that IPC trusts. */
  contents(): WebContents | null
  /** Closing hides the window, until this has been called. */
  letClose(): void
}

/** @param preload absolute path of the built preload */
export function createMainWindow(preload: string): MainWindow {
  let window: BrowserWindow | null = null
  let closable = false

  function open(): BrowserWindow {
    const opened = new BrowserWindow({
      title: 'Warder',
      width: 1080,
      height: 720,
      minWidth: 640,
      minHeight: 480,
      show: false,
      autoHideMenuBar: true,
      webPreferences: {
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        devTools: !app.isPackaged,
      },
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
    // A page that cannot load is reported by Chromium in the window itself.
    opened.loadURL(`${PAGE_ORIGIN}/`).catch(() => undefined)
    return opened
  }

  return {
    show() {
      if (window === null) {
        window = open()
        return
      }
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
