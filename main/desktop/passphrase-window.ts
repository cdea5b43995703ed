import { app, BrowserWindow } from 'electron'
import { z } from 'zod'
import type { VaultBridge } from '../../preload/contract/vault-bridge.ts'
import { serveWindow } from './ipc.ts'
import { VAULT_ORIGIN } from './page.ts'
import type { PassphraseAnswer, PassphraseWindow } from './vault-choice.ts'
import { safePreferences } from './window.ts'

/** Characters of a new passphrase: whoever has the file may guess for as long as they like. */
const SHORTEST = 10

const answerSchema = z.union([
  z.strictObject({ passphrase: z.string().min(1).max(1024) }),
  z.strictObject({ instead: z.literal(true) }),
])

type Question = Awaited<ReturnType<VaultBridge['question']>>

/**
 * A window of its own for the passphrase, with a page, an origin and a preload that know nothing else: what is typed there
 * never passes through the page, its channels or its storage.
 *
 * @param preload absolute path of the built preload
 */
export function createPassphraseWindow(preload: string): PassphraseWindow {
  let window: BrowserWindow | null = null
  let question: Question = { purpose: 'open', shortest: SHORTEST }
  let asked: ((answer: PassphraseAnswer) => void) | null = null
  /** Tells the page why it has to be asked again. */
  let refuse: ((why: string) => void) | null = null

  serveWindow(VAULT_ORIGIN, () => window?.webContents ?? null, {
    'passphrase:question': async () => question,
    'passphrase:answer'(input) {
      const given = answerSchema.safeParse(input)
      if (!given.success || asked === null) return Promise.resolve('That cannot be a passphrase.')
      if ('passphrase' in given.data && isTooShort(given.data.passphrase, question))
        return Promise.resolve(`Take at least ${SHORTEST} characters.`)
      const { promise, resolve } = Promise.withResolvers<string>()
      refuse = resolve
      asked('instead' in given.data ? 'instead' : given.data)
      asked = null
      return promise
    },
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
      asked?.('quit')
      asked = null
    })
    // A page that cannot load is reported by Chromium in the window itself.
    opened.loadURL(`${VAULT_ORIGIN}/`).catch(() => undefined)
  }

  return {
    ask(purpose, wrong) {
      const { promise, resolve } = Promise.withResolvers<PassphraseAnswer>()
      question = { purpose, shortest: SHORTEST }
      asked = resolve
      if (window === null) open()
      else refuse?.(wrong ? 'This passphrase does not open the vault.' : '')
      return promise
    },
    close() {
      asked = null
      window?.destroy()
    },
  }
}

const isTooShort = (passphrase: string, { purpose, shortest }: Question) =>
  purpose === 'create' && [...passphrase].length < shortest
