import { EventEmitter } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stage } from './stage.ts'

/** What `app` does for us, in Electron's order of events. */

type PathName = Parameters<Electron.App['getPath']>[0]

const events = new EventEmitter()
const paths = new Map<string, string>([['documents', process.env.HOME ?? '']])
let root = process.cwd()
let ready = false
let sandboxed = false
let quitting = false
const readiness = Promise.withResolvers<void>()
const beforeExit: (() => Promise<void>)[] = []
const windows = new Set<{ close(): void; destroy(): void }>()

/** An event whose default can be prevented. */
export function preventable() {
  let prevented = false
  return {
    get defaultPrevented() {
      return prevented
    },
    preventDefault() {
      prevented = true
    },
  }
}

const methods = {
  getAppPath: () => root,
  isPackaged: false,
  setAppUserModelId() {},
  whenReady: () => readiness.promise,
  enableSandbox() {
    if (ready) throw new Error('app.enableSandbox() can only be called before app is ready')
    sandboxed = true
  },
  getPath: (name: PathName) => paths.get(name) ?? unset(name),
  setPath(name: string, value: string) {
    paths.set(name, value)
  },
  requestSingleInstanceLock() {
    if (process.env.WARDER_HARNESS_NO_LOCK) return true
    const lock = path.join(methods.getPath('userData'), 'harness-lock')
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
    } catch {
      writeFileSync(`${lock}-argv`, JSON.stringify(process.argv))
      process.kill(Number(readFileSync(lock, 'utf8')), 'SIGUSR2')
      return false
    }
    process.on('SIGUSR2', () => {
      const argv: string[] = JSON.parse(readFileSync(`${lock}-argv`, 'utf8'))
      events.emit('second-instance', preventable(), argv, '', {})
    })
    process.on('exit', () => rmSync(lock, { force: true }))
    return true
  },
  isDefaultProtocolClient: () => true,
  setAsDefaultProtocolClient: () => true,
  getLoginItemSettings(): Electron.LoginItemSettings {
    throw new Error('There are no login items on Linux')
  },
  setLoginItemSettings() {
    throw new Error('There are no login items on Linux')
  },
  /** Told, and left to the test. */
  relaunch(options: Electron.RelaunchOptions = {}) {
    stage.change({ relaunched: [...(options.args ?? [])] })
  },
  quit() {
    if (quitting) return
    const before = preventable()
    events.emit('before-quit', before)
    if (before.defaultPrevented) return
    quitting = true
    for (const window of [...windows]) window.close()
    // A window that refused to close calls the quit off.
    if (windows.size > 0) {
      quitting = false
      return
    }
    const will = preventable()
    events.emit('will-quit', will)
    if (will.defaultPrevented) quitting = false
    else methods.exit(0)
  },
  exit(code = 0) {
    for (const window of [...windows]) window.destroy()
    events.emit('quit', preventable(), code)
    Promise.all(beforeExit.map((end) => end())).then(
      () => process.exit(code),
      () => process.exit(code),
    )
  },
} satisfies Pick<
  Electron.App,
  | 'getAppPath'
  | 'isPackaged'
  | 'setAppUserModelId'
  | 'whenReady'
  | 'enableSandbox'
  | 'getPath'
  | 'setPath'
  | 'requestSingleInstanceLock'
  | 'isDefaultProtocolClient'
  | 'setAsDefaultProtocolClient'
  | 'getLoginItemSettings'
  | 'setLoginItemSettings'
  | 'relaunch'
  | 'quit'
  | 'exit'
>

export const app = Object.assign(events, methods)

function unset(name: string): never {
  throw new Error(`Failed to get '${name}' path`)
}

/** The side of `app` that only the harness sees. */
export const lifecycle = {
  configure(options: { root: string }) {
    root = options.root
    process.on('SIGTERM', methods.quit)
    process.on('SIGINT', methods.quit)
  },
  /** Comes after the main module was evaluated, as in Electron, which would wait for it forever otherwise. */
  becomeReady() {
    ready = true
    events.emit('ready', preventable(), {})
    readiness.resolve()
  },
  isReady: () => ready,
  isSandboxed: () => sandboxed,
  requireReady(what: string) {
    if (!ready) throw new Error(`${what} can only be used after app is ready`)
  },
  requireNotReady(what: string) {
    if (ready) throw new Error(`${what} should be called before app is ready`)
  },
  beforeExit: (end: () => Promise<void>) => void beforeExit.push(end),
  addWindow: (window: { close(): void; destroy(): void }) => void windows.add(window),
  removeWindow(window: { close(): void; destroy(): void }) {
    windows.delete(window)
    if (windows.size > 0 || quitting) return
    if (!events.emit('window-all-closed')) methods.quit()
  },
}
