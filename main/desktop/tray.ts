import path from 'node:path'
import { app, Menu, type MenuItemConstructorOptions, Tray } from 'electron'
import type { Events, ServerView, StatusView } from '../../preload/contract/index.ts'
import type { Control } from '../control/types.ts'
import { type TrayAction, type TrayItem, type TrayMenu, trayMenu } from './tray-menu.ts'

/** Areas that the menu does not show. */
const unseen = new Set<Events['state:changed']['area']>(['clients', 'secrets', 'receipts'])

/**
 * The icon in the tray and its menu, which follows the state of the companion.
 *
 * @param icons directory of the icons
 * @param perform carries out what was clicked
 */
export async function createTray(
  control: Control,
  icons: string,
  perform: (action: TrayAction) => void,
): Promise<void> {
  const tray = new Tray(icon(icons, false))
  const refresh = coalesced(async () => show(tray, icons, await readMenu(control), perform))
  control.on('state:changed', ({ area }) => {
    // A companion that cannot answer is ending; the menu stays as it was.
    if (!unseen.has(area)) refresh().catch(() => undefined)
  })
  // The companion may end while the menu is being read.
  app.once('will-quit', () => tray.destroy())
  await refresh()
}

async function readMenu(control: Control): Promise<TrayMenu> {
  const [status, servers] = await Promise.all([
    control.call('status:get', {}),
    control.call('servers:list', {}),
  ])
  return trayMenu({ status: status as StatusView, servers: servers as ServerView[] })
}

function show(tray: Tray, icons: string, menu: TrayMenu, perform: (action: TrayAction) => void) {
  if (tray.isDestroyed()) return
  tray.setImage(icon(icons, menu.attention))
  tray.setToolTip(menu.tooltip)
  // On Linux a menu is handed over as it is: it must be set again for each change, and clicks on the icon never arrive.
  tray.setContextMenu(Menu.buildFromTemplate(menu.items.map((item) => template(item, perform))))
}

function template(
  item: TrayItem,
  perform: (action: TrayAction) => void,
): MenuItemConstructorOptions {
  switch (item.kind) {
    case 'line':
      return { label: item.label, enabled: false }
    case 'separator':
      return { type: 'separator' }
    case 'action':
      return { label: item.label, click: () => perform(item.action) }
    case 'menu':
      return { label: item.label, submenu: item.items.map((inner) => template(inner, perform)) }
  }
}

/** macOS colours a template image itself; there the attention shows in the menu's first lines only. */
function icon(directory: string, attention: boolean): string {
  if (process.platform === 'darwin') return path.join(directory, 'trayTemplate.png')
  return path.join(directory, attention ? 'tray-attention.png' : 'tray.png')
}

/** Runs `work` again once if it was asked for while it ran; never twice at once. */
function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  let again = false
  async function run(): Promise<void> {
    do {
      again = false
      await work()
    } while (again)
  }
  return () => {
    again = true
    running ??= run().finally(() => {
      running = null
    })
    return running
  }
}
