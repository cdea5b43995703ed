import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { lifecycle } from './app.ts'
import type { Command, MenuNode } from './protocol.ts'
import { stage } from './stage.ts'
import { type Notifier, startNotifier } from './status-notifier.ts'

/** What belongs to the person's desktop: tray, menus, dialogs, notifications, the browser. */

type Template = Electron.MenuItemConstructorOptions

class FakeMenu {
  readonly template: readonly Template[]
  private constructor(template: readonly Template[]) {
    this.template = template
  }
  static buildFromTemplate(template: Template[]): FakeMenu {
    return new FakeMenu(template)
  }
  static setApplicationMenu(): void {}
}

let trayMenu: readonly Template[] = []

/** A real panel, where the test has one. */
let panel: Notifier | null = null
export async function joinPanel(bus: string): Promise<void> {
  const nothing = {} as never
  panel = await startNotifier(bus, (item) =>
    (item as Template).click?.(nothing, undefined, nothing),
  )
}

class FakeTray extends EventEmitter {
  private image: string
  private tooltip = ''
  private destroyed = false

  constructor(image: string) {
    super()
    lifecycle.requireReady('Tray')
    this.image = requireImage(image)
    this.tell()
  }
  setImage(image: string): void {
    this.image = requireImage(image)
    this.tell()
  }
  setToolTip(tooltip: string): void {
    this.tooltip = tooltip
    this.tell()
  }
  setContextMenu(menu: FakeMenu | null): void {
    trayMenu = menu?.template ?? []
    this.tell()
  }
  isDestroyed(): boolean {
    return this.destroyed
  }
  destroy(): void {
    this.destroyed = true
    trayMenu = []
    stage.change({ tray: null })
  }
  private tell(): void {
    if (this.destroyed) throw new Error('Object has been destroyed')
    const { image, tooltip } = this
    stage.change({ tray: { image, tooltip, menu: trayMenu.map(menuNode) } })
    panel?.show(image, tooltip, trayMenu)
  }
}

/** Compiles only while the fake's methods are Electron's; menus and images are compared where they are used. */
type Simple = 'setToolTip' | 'isDestroyed' | 'destroy'
const faithful: new (image: string) => Pick<Electron.Tray, Simple> = FakeTray
void faithful

function menuNode(item: Template): MenuNode {
  return {
    label: item.label ?? '',
    type: item.type ?? (item.submenu ? 'submenu' : 'normal'),
    enabled: item.enabled ?? true,
    checked: item.checked ?? false,
    items: submenu(item).map(menuNode),
  }
}

const submenu = (item: Template): readonly Template[] =>
  Array.isArray(item.submenu) ? item.submenu : []

/** Clicks as a person would: only what is there and enabled. */
export function clickTray(path: readonly string[]): void {
  let items = trayMenu
  let found: Template | undefined
  for (const label of path) {
    found = items.find((item) => item.label === label)
    if (found === undefined || found.enabled === false)
      throw new Error(`The tray menu has no ${path.join(' > ')} to click.`)
    items = submenu(found)
  }
  const nothing = {} as never
  found?.click?.(nothing, undefined, nothing)
}

/** Electron refuses a tray without a readable image. */
function requireImage(file: string): string {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47])
  if (!readFileSync(file).subarray(0, 4).equals(png))
    throw new Error(`Failed to load image from path '${file}'`)
  return file
}

const notified: FakeNotification[] = []

class FakeNotification extends EventEmitter {
  private readonly options: Electron.NotificationConstructorOptions
  constructor(options: Electron.NotificationConstructorOptions = {}) {
    super()
    this.options = options
  }
  static isSupported(): boolean {
    return true
  }
  show(): void {
    const { title = '', body = '', actions = [] } = this.options
    const buttons = actions.map(({ text = '' }) => text)
    notified.push(this)
    stage.change({ notifications: [...stage.now.notifications, { title, body, buttons }] })
  }
}

export function chooseNotification(chosen: Extract<Command, { do: 'notification' }>): void {
  const { index, button } = chosen
  const notification = notified[index]
  if (notification === undefined) throw new Error(`There is no notification ${index}.`)
  if (button === null) notification.emit('click', {})
  else notification.emit('action', { actionIndex: button, selectionIndex: -1 }, button)
}

/** Told by a test what the machine does. */
export const powerMonitor = new EventEmitter()

let nextDialog = 1
const answers = new Map<number, (button: number, file: string) => void>()

export const dialog = {
  showMessageBox(options: Electron.BaseWindow | Electron.MessageBoxOptions) {
    lifecycle.requireReady('dialog')
    const { message, detail, buttons, defaultId, cancelId } = options as Electron.MessageBoxOptions
    const id = nextDialog++
    const open = {
      id,
      message,
      detail: detail ?? '',
      buttons: buttons ?? [],
      defaultId: defaultId ?? 0,
      cancelId: cancelId ?? 0,
    }
    stage.change({ dialogs: [...stage.now.dialogs, open] })
    const { promise, resolve } = Promise.withResolvers<Electron.MessageBoxReturnValue>()
    answers.set(id, (response) => resolve({ response, checkboxChecked: false }))
    return promise
  },
  /** Shown like a question, with the proposed place in `detail`. */
  showSaveDialog(options: Electron.BaseWindow | Electron.SaveDialogOptions) {
    lifecycle.requireReady('dialog')
    const { defaultPath = '' } = options as Electron.SaveDialogOptions
    const id = nextDialog++
    const open = { message: 'Save', detail: defaultPath, buttons: ['Cancel', 'Save'] }
    stage.change({
      dialogs: [...stage.now.dialogs, { ...open, id, defaultId: 1, cancelId: 0 }],
    })
    const { promise, resolve } = Promise.withResolvers<Electron.SaveDialogReturnValue>()
    answers.set(id, (button, file) =>
      resolve({ canceled: button === 0, filePath: button === 0 ? '' : file || defaultPath }),
    )
    return promise
  },
  showErrorBox(title: string, content: string) {
    stage.change({ errors: [...stage.now.errors, `${title}: ${content}`] })
  },
} satisfies Pick<Electron.Dialog, 'showMessageBox' | 'showSaveDialog' | 'showErrorBox'>

export function answerDialog(answered: Extract<Command, { do: 'answer' }>): void {
  const { dialog: id, button, file } = answered
  const answer = answers.get(id)
  if (answer === undefined) throw new Error(`No dialog ${id} is open.`)
  answers.delete(id)
  stage.change({ dialogs: stage.now.dialogs.filter((open) => open.id !== id) })
  answer(button, file)
}

export const shell = {
  async openExternal(url: string) {
    stage.change({ opened: [...stage.now.opened, url] })
  },
} satisfies Pick<Electron.Shell, 'openExternal'>

export { FakeMenu as Menu, FakeNotification as Notification, FakeTray as Tray }
