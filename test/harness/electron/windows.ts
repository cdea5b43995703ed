import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  type BrowserContext,
  chromium,
  type Frame,
  type Page,
  type Request as PageRequest,
  type Route,
} from 'playwright'
import { app, lifecycle, preventable } from './app.ts'
import { dispatch, toAppUrl, toWebUrl } from './ipc-main.ts'
import { preloadWorld } from './preload-world.ts'
import type { Probe } from './protocol.ts'
import { answerByProtocol, isDownloadDenied } from './session.ts'
import { stage } from './stage.ts'

type OpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0]

let nextId = 1
let browser: Promise<BrowserContext> | null = null
const shown = new Map<Page, FakeWebContents>()
const all = new Set<FakeBrowserWindow>()

/** A page of the real Chromium, told about by Electron's events. */
class FakeWebContents extends EventEmitter {
  readonly id = nextId++
  readonly page: Promise<Page>
  allowed: string | null = null
  openHandler: OpenHandler = () => ({ action: 'allow' })
  private readonly outbox: { channel: string; args: unknown[] }[] = []
  private waiting: (() => void) | null = null
  private destroyed = false

  constructor(preload: string | undefined) {
    super()
    this.page = openPage(this, preload)
    app.emit('web-contents-created', preventable(), this)
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler
  }

  isDestroyed(): boolean {
    return this.destroyed
  }

  send(channel: string, ...args: unknown[]): void {
    this.outbox.push({ channel, args: structuredClone(args) })
    this.waiting?.()
  }

  /** The next message for the page. A page that was replaced never gets an answer. */
  async next(): Promise<{ channel: string; args: unknown[] }> {
    for (;;) {
      const message = this.outbox.shift()
      if (message) return message
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
  }

  markDestroyed(): void {
    this.destroyed = true
    this.emit('destroyed')
  }
}

class FakeBrowserWindow extends EventEmitter {
  readonly webContents: FakeWebContents
  readonly preferences: Electron.WebPreferences
  private url = ''
  private visible: boolean

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super()
    lifecycle.requireReady('BrowserWindow')
    requireSafe(options.webPreferences)
    this.preferences = options.webPreferences ?? {}
    this.visible = options.show ?? true
    this.webContents = new FakeWebContents(options.webPreferences?.preload)
    all.add(this)
    lifecycle.addWindow(this)
    tellWindows()
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.webContents.page
    // Requests have no fragment; one alone is no navigation.
    this.webContents.allowed = toWebUrl(url).split('#', 1)[0] ?? null
    await page.goto(toWebUrl(url))
    this.webContents.allowed = null
    this.url = url
    this.emit('ready-to-show')
    tellWindows()
  }

  show(): void {
    this.setVisible(true)
  }
  hide(): void {
    this.setVisible(false)
  }
  focus(): void {}
  setContentProtection(): void {}
  restore(): void {}
  isMinimized(): boolean {
    return false
  }
  isVisible(): boolean {
    return this.visible
  }

  close(): void {
    const event = preventable()
    this.emit('close', event)
    if (!event.defaultPrevented) this.destroy()
  }

  destroy(): void {
    if (!all.delete(this)) return
    this.webContents.markDestroyed()
    this.emit('closed')
    tellWindows()
    this.webContents.page.then((page) => page.close()).catch(gone)
    lifecycle.removeWindow(this)
  }

  view() {
    return { url: this.url, visible: this.visible }
  }

  private setVisible(visible: boolean): void {
    this.visible = visible
    tellWindows()
  }
}

type Used =
  | 'setContentProtection'
  | 'loadURL'
  | 'show'
  | 'hide'
  | 'focus'
  | 'restore'
  | 'isMinimized'
  | 'isVisible'
/** Compiles only while the fake's methods are Electron's. */
const faithful: new (
  options?: Electron.BrowserWindowConstructorOptions,
) => Pick<Electron.BrowserWindow, Used | 'close' | 'destroy'> = FakeBrowserWindow
void faithful

export { FakeBrowserWindow as BrowserWindow }

/** The window of a person's choice: the harness has one. */
export const onlyWindow = (): FakeBrowserWindow | undefined => [...all][0]

/** Does to the window's page what a hostile one could do, and says which of it was prevented. */
export function probeWindow(): Probe {
  const window = onlyWindow()
  if (window === undefined) throw new Error('There is no window.')
  const { webContents, preferences } = window
  const url = 'https://elsewhere.example/'
  const denied = (event: string) => {
    const attempt = Object.assign(preventable(), { url, isMainFrame: true })
    webContents.emit(event, attempt, {}, {})
    return attempt.defaultPrevented
  }
  const details = { url, frameName: '', features: '' } as Electron.HandlerDetails
  return {
    preferences: { ...preferences },
    webview: denied('will-attach-webview'),
    redirect: denied('will-redirect'),
    navigation: denied('will-navigate'),
    frameNavigation: denied('will-frame-navigate'),
    newWindow: webContents.openHandler(details).action === 'deny',
    download: isDownloadDenied(),
  }
}

function tellWindows(): void {
  stage.change({ windows: [...all].map((window) => window.view()) })
}

/** What a fake cannot enforce it insists on. */
function requireSafe(preferences: Electron.WebPreferences = {}): void {
  if (!lifecycle.isSandboxed() || preferences.sandbox !== true)
    throw new Error('The harness knows only sandboxed pages')
  if (preferences.contextIsolation === false || preferences.nodeIntegration === true)
    throw new Error('The harness knows only isolated pages without Node')
}

async function openPage(contents: FakeWebContents, preload: string | undefined): Promise<Page> {
  browser ??= startChromium()
  const context = await browser
  // Chromium starts with an empty page, the first window's.
  const page = context.pages().find((blank) => !shown.has(blank)) ?? (await context.newPage())
  shown.set(page, contents)
  await page.exposeBinding('harnessInvoke', ({ frame }, channel: string, args: unknown[]) =>
    dispatch(contents, frame, channel, args),
  )
  await page.exposeBinding('harnessReceive', () => contents.next())
  if (preload !== undefined) {
    const source = await readFile(preload, 'utf8')
    await page.addInitScript(`(${preloadWorld})((require) => {${source}\n})`)
  }
  page.on('popup', (popup) => settlePopup(contents, popup))
  return page
}

/** Chromium has opened the popup already, without a request leaving; Electron would not have opened it. */
function settlePopup(contents: FakeWebContents, popup: Page): void {
  const details = { url: popup.url(), frameName: '', features: '' } as Electron.HandlerDetails
  if (contents.openHandler(details).action === 'allow') return
  popup.close().then(() => deny('open'), gone)
}

/** What happens to a page after the app has ended concerns nobody. */
const gone = () => undefined

async function startChromium(): Promise<BrowserContext> {
  const profile = path.join(app.getPath('userData'), 'chromium')
  const executablePath = process.env.WARDER_HARNESS_CHROMIUM
  if (!executablePath) throw new Error('No Chromium: set WARDER_CHROMIUM or install the package.')
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--remote-debugging-port=0'],
  })
  lifecycle.beforeExit(() => context.close())
  await context.route('**/*', serve)
  const [port, target] = readFileSync(path.join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  stage.change({ cdp: `ws://127.0.0.1:${port}${target}` })
  return context
}

/** Every request of every page: to the protocol handler, or nowhere. */
async function serve(route: Route): Promise<void> {
  const request = route.request()
  if (request.isNavigationRequest()) {
    const frame = frameOf(request)
    const contents = frame && shown.get(frame.page())
    // A popup, which is closed once it has come to its end.
    if (!frame || !contents) return route.abort('blockedbyclient')
    // An aborted navigation leaves the page as it is, like a prevented one.
    if (!mayNavigate(contents, frame, request.url())) return route.abort('aborted')
  }
  const answer = await answerByProtocol(
    new Request(toAppUrl(request.url()), { method: request.method() }),
  )
  if (answer === null) return route.abort('blockedbyclient')
  await route.fulfill({
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: Buffer.from(await answer.arrayBuffer()),
  })
}

/** Tells the listeners of a navigation that `loadURL` did not start, and asks whether they let it. */
function mayNavigate(contents: FakeWebContents, frame: Frame, target: string): boolean {
  const isMainFrame = frame.parentFrame() === null
  if (isMainFrame && target === contents.allowed) return true
  const url = toAppUrl(target)
  const event = Object.assign(preventable(), { url, isMainFrame, isSameDocument: false })
  contents.emit('will-frame-navigate', event)
  if (isMainFrame) contents.emit('will-navigate', event, url)
  if (event.defaultPrevented) deny(`${isMainFrame ? 'navigate' : 'frame'} ${url}`)
  return !event.defaultPrevented
}

/** Null for a popup's first request, which comes before its frame. */
function frameOf(request: PageRequest): Frame | null {
  try {
    return request.frame()
  } catch {
    return null
  }
}

function deny(what: string): void {
  stage.change({ denied: [...stage.now.denied, what] })
}
