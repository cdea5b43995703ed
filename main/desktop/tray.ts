import { app, Menu, type MenuItemConstructorOptions, Tray } from 'electron'
import type { Events, Output, ServerView, StatusView } from '../../preload/contract/index.ts'
import type { Control } from '../control/types.ts'
import { iconFile } from './icon-file.ts'
import { type TrayAction, type TrayItem, type TrayMenu, trayMenu } from './tray-menu.ts'

/** Areas that the menu does not show. */
const unseen = new Set<Events['state:changed']['area']>(['clients', 'secrets', 'receipts'])

/**
 * The icon in the tray and its menu, which follows the state of the companion.
 *
 * @param icons directory of the icons
 * @param perform carries out what was clicked
 * @param seen told of each status that the tray shows
 */
export async function createTray(
  control: Control,
  icons: string,
  perform: (action: TrayAction) => void,
  seen: (status: StatusView) => void = () => undefined,
): Promise<void> {
  const tray = new Tray(iconFile(icons, 'ready'))
  const refresh = coalesced(async () => {
    const status = (await control.call('status:get', {})) as StatusView
    show(tray, icons, await menuOf(control, status), perform)
    seen(status)
  })
  // On Windows a left click opens the app; elsewhere it opens the menu, or never arrives.
  if (process.platform === 'win32') tray.on('click', () => perform({ do: 'open' }))
  control.on('state:changed', ({ area }) => {
    // A companion that cannot answer is ending; the menu stays as it was.
    if (!unseen.has(area)) refresh().catch(() => undefined)
  })
  // The companion may end while the menu is being read.
  app.once('will-quit', () => tray.destroy())
  await refresh()
}

async function menuOf(control: Control, status: StatusView): Promise<TrayMenu> {
  if (status.locked !== null)
    return trayMenu({ status, servers: [], autostart: null, update: null })
  const [servers, autostart, updates] = (await Promise.all([
    control.call('servers:list', {}),
    control.call('autostart:get', {}),
    control.call('updates:get', {}),
  ])) as [ServerView[], Output<'autostart:get'>, Output<'updates:get'>]
  const update = updates.newer?.version ?? null
  return trayMenu({ status, servers, autostart: autostart.on, update })
}

function show(tray: Tray, icons: string, menu: TrayMenu, perform: (action: TrayAction) => void) {
  if (tray.isDestroyed()) return
  tray.setToolTip(menu.tooltip)
  // On Linux a menu is handed over as it is: it must be set again for each change, and clicks on the icon never arrive.
  tray.setContextMenu(Menu.buildFromTemplate(menu.items.map((item) => template(item, perform))))
  // Last, so that the menu is never older than what the icon says.
  tray.setImage(iconFile(icons, menu.mood))
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
    case 'check':
      return {
        label: item.label,
        type: 'checkbox',
        checked: item.checked,
        click: () => perform(item.action),
      }
    case 'menu':
      return { label: item.label, submenu: item.items.map((inner) => template(inner, perform)) }
  }
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
