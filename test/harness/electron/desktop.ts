import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import { chromiumPath } from '../chromium.ts'
import { bareEnvironment, endProcess } from '../processes.ts'
import { toWebUrl } from './ipc-main.ts'
import type { Command, FromDriven, OpenDialog, Probe, Snapshot, ToDriven } from './protocol.ts'

export type { MenuNode, OpenDialog, Snapshot } from './protocol.ts'

/** The built app, running as it ships under a fake `electron`, with its window in a real Chromium. */
export interface Desktop {
  readonly pid: number
  /** What a person sees right now. */
  now(): Snapshot
  /** Resolves with the first snapshot that fits, the present one included; rejects when the app ends first. */
  until(what: string, fits: (snapshot: Snapshot) => boolean): Promise<Snapshot>
  /** The page of the window, once it has loaded: a Playwright page, watched from a connection of its own. */
  page(): Promise<Page>
  /** As `page`, of the window that asks for the passphrase. */
  vaultPage(): Promise<Page>
  /** Clicks in the tray menu, by the labels on the way. */
  click(...labels: string[]): Promise<void>
  /** Waits for the next question and presses the button with this label. @param file what is chosen in a dialog for files */
  answer(button: string, file?: string): Promise<OpenDialog>
  closeWindow(): Promise<void>
  /** Clicks a notification, or the button of it with this label. */
  notification(title: string, button?: string): Promise<void>
  power(event: 'suspend' | 'resume' | 'lock-screen'): Promise<void>
  /** What macOS sends for a link. */
  openUrl(url: string): Promise<void>
  probe(): Promise<Probe>
  /** What the session answers to a request for a permission. */
  permissions(): Promise<{ request: boolean; check: boolean; device: boolean }>
  /** Exit code, once the app and its Chromium have ended. */
  readonly ended: Promise<number | null>
  [Symbol.asyncDispose](): Promise<void>
}

const project = fileURLToPath(new URL('../../..', import.meta.url))
const harness = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** @param options.root directory that `dist` and `assets` are in, the project itself unless said otherwise */
export function startDesktop(options: {
  home: string
  env?: Record<string, string>
  root?: string
  /** Arguments of the app. */
  args?: readonly string[]
  /** Address of the session bus whose panel shows the tray; the app's own bus has its keyring and no panel. */
  panel?: string
  /** Plays a companion of another kind, which Electron's own lock does not keep out. */
  ignoresInstanceLock?: boolean
}): Desktop {
  const root = options.root ?? project
  const main = path.join(root, 'dist/main/index.js')
  const child = fork(harness('./boot.ts'), [root, main, ...(options.args ?? [])], {
    execArgv: ['--import', harness('./register.ts')],
    env: {
      ...bareEnvironment(),
      HOME: options.home,
      ...options.env,
      WARDER_HOME: options.home,
      WARDER_HARNESS_CHROMIUM: chromiumPath() ?? undefined,
      WARDER_HARNESS_PANEL: options.panel,
      WARDER_HARNESS_NO_LOCK: options.ignoresInstanceLock ? '1' : undefined,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const driven = driver(child)
  let watcher: Promise<Browser> | null = null

  async function pageAt(origin: string): Promise<Page> {
    const { cdp } = await driven.until(`a window with ${origin}`, ({ windows }) =>
      windows.some(({ url }) => url.startsWith(origin)),
    )
    if (cdp === null) throw new Error('There is a window but no Chromium.')
    watcher ??= chromium.connectOverCDP(cdp)
    const pages = (await watcher).contexts().flatMap((context) => context.pages())
    const page = pages.find((candidate) => candidate.url().startsWith(toWebUrl(origin)))
    if (page === undefined) throw new Error('The window shows another page.')
    return page
  }

  const desktop: Desktop = {
    pid: child.pid ?? -1,
    now: driven.now,
    until: driven.until,
    ended: driven.ended,
    page: () => pageAt('app://warder/'),
    vaultPage: () => pageAt('app://vault/'),
    click: async (...labels) => void (await driven.order({ do: 'click', path: labels })),
    async answer(label, file = '') {
      const { dialogs } = await driven.until('a question', (now) => now.dialogs.length > 0)
      const [dialog] = dialogs
      const button = dialog?.buttons.indexOf(label) ?? -1
      if (dialog === undefined || button === -1)
        throw new Error(`The question has no button ${label}: ${dialog?.buttons.join(', ')}`)
      await driven.order({ do: 'answer', dialog: dialog.id, button, file })
      return dialog
    },
    async notification(title, label) {
      const { notifications } = await driven.until(title, (now) =>
        now.notifications.some((shown) => shown.title === title),
      )
      const index = notifications.findIndex((shown) => shown.title === title)
      const button =
        label === undefined ? null : (notifications[index]?.buttons.indexOf(label) ?? -1)
      if (button === -1) throw new Error(`The notification has no button ${label}.`)
      await driven.order({ do: 'notification', index, button })
    },
    power: async (event) => void (await driven.order({ do: 'power', event })),
    openUrl: async (url) => void (await driven.order({ do: 'open-url', url })),
    closeWindow: async () => void (await driven.order({ do: 'close-window' })),
    probe: () => driven.order({ do: 'probe' }) as Promise<Probe>,
    permissions: () => driven.order({ do: 'permissions' }) as ReturnType<Desktop['permissions']>,
    async [Symbol.asyncDispose]() {
      await (await watcher)?.close().catch(() => undefined)
      await endProcess(child)
    },
  }
  return desktop
}

/** The test's end of the channel to the driven process. */
function driver(child: ChildProcess) {
  let snapshot: Snapshot | null = null
  let nextId = 1
  const watchers = new Set<() => void>()
  const orders = new Map<number, { resolve(value: unknown): void; reject(why: Error): void }>()
  // The channel outlives the process until all that was sent has been read.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(
    ([[code]]) => code as number | null,
  )

  const endedBefore = (what: string) =>
    new Error([`The app ended before: ${what}.`, ...(snapshot?.errors ?? [])].join('\n'))

  child.on('message', (message: FromDriven) => {
    if (message.type === 'snapshot') {
      snapshot = message.snapshot
      for (const watch of [...watchers]) watch()
      return
    }
    const order = orders.get(message.id)
    orders.delete(message.id)
    if (message.type === 'done') order?.resolve(message.result)
    else order?.reject(new Error(message.reason))
  })

  return {
    ended,
    now(): Snapshot {
      if (snapshot === null) throw new Error('The app has shown nothing yet.')
      return snapshot
    },
    until(what: string, fits: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
      const { promise, resolve, reject } = Promise.withResolvers<Snapshot>()
      const watch = () => {
        if (snapshot === null || !fits(snapshot)) return
        watchers.delete(watch)
        resolve(snapshot)
      }
      watchers.add(watch)
      ended.then(() => reject(endedBefore(what)))
      watch()
      return promise
    },
    order(command: Command): Promise<unknown> {
      const id = nextId++
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      orders.set(id, { resolve, reject })
      ended.then(() => reject(endedBefore(command.do)))
      child.send({ id, command } satisfies ToDriven)
      return promise
    },
  }
}
