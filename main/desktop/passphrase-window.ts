import { app, BrowserWindow } from 'electron'
import { serveWindow } from './ipc.ts'
import { VAULT_ORIGIN } from './page.ts'
import { createPassphraseQuestion } from './passphrase-question.ts'
import type { PassphraseWindow } from './vault-choice.ts'
import { safePreferences } from './window.ts'

/**
 * A window of its own for the passphrase, with a page, an origin and a preload that know nothing else: what is typed there
 * never passes through the page, its channels or its storage.
 *
 * @param preload absolute path of the built preload
 */
export function createPassphraseWindow(preload: string): PassphraseWindow {
  let window: BrowserWindow | null = null
  const question = createPassphraseQuestion(open)

  serveWindow(VAULT_ORIGIN, () => window?.webContents ?? null, {
    'passphrase:question': async () => question.shown(),
    'passphrase:answer': question.answer,
  })

  // A second start is the way to a window that is hidden behind others.
  app.on('second-instance', () => window?.focus())

  function open(): void {
    const opened = new BrowserWindow({
      title: 'Warder',
      width: 480,
      height: 540,
      show: false,
      autoHideMenuBar: true,
      fullscreenable: false,
      maximizable: false,
      webPreferences: safePreferences(preload),
    })
    window = opened
    // Where the system can, nobody records what is typed here.
    opened.setContentProtection(true)
    opened.once('ready-to-show', () => opened.show())
    opened.on('closed', () => {
      window = null
      question.closed()
    })
    // A page that cannot load is reported by Chromium in the window itself.
    opened.loadURL(`${VAULT_ORIGIN}/`).catch(() => undefined)
  }

  return {
    ask: question.ask,
    close() {
      question.close()
      window?.destroy()
    },
  }
}
