import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { decodePng } from './png.ts'

/**
 * Shows the fake tray in a real panel, as Electron does on Linux: a StatusNotifierItem on the session bus, whose menu is a
 * `com.canonical.dbusmenu`. What a person clicks there comes back as a click in the tray.
 */

/** The part of an Electron menu template that a panel shows. */
export interface ShownItem {
  readonly label?: string
  readonly type?: string
  readonly enabled?: boolean
  readonly checked?: boolean
  readonly submenu?: unknown
  readonly click?: unknown
}

export interface Notifier {
  show(icon: string, tooltip: string, items: readonly ShownItem[]): void
}

/** The library is in a folder of its own (`test/harness/tray-host`); these are the parts of it that are used here. */
interface DBus {
  sessionBus(options: { busAddress: string }): Bus
  Variant: new (signature: string, value: unknown) => object
  interface: { Interface: DBusInterface; ACCESS_READ: string }
}
interface DBusInterface {
  new (name: string): object
  configureMembers(members: object): void
}
interface Bus {
  export(path: string, exported: object): void
  getProxyObject(
    name: string,
    path: string,
  ): Promise<{
    getInterface(name: string): { RegisterStatusNotifierItem(path: string): Promise<void> }
  }>
}

const ITEM = '/StatusNotifierItem'
const MENU = '/MenuBar'

/**
 * @param busAddress of the session bus with the panel
 * @param clicked called with the item that a person chose
 */
export async function startNotifier(
  busAddress: string,
  clicked: (item: ShownItem) => void,
): Promise<Notifier> {
  const require = createRequire(new URL('../tray-host/package.json', import.meta.url))
  const dbus = require('dbus-next') as DBus
  const { Variant } = dbus
  const state = { icon: '', tooltip: '', revision: 1, items: [] as readonly ShownItem[] }
  let numbered: ShownItem[] = []

  const pixmap = () => {
    if (state.icon === '') return []
    const { width, height, rgba } = decodePng(readFileSync(state.icon))
    const argb = Buffer.alloc(rgba.length)
    for (let at = 0; at < rgba.length; at += 4) {
      argb[at] = rgba[at + 3] ?? 0
      rgba.copy(argb, at + 1, at, at + 3)
    }
    return [[width, height, argb]]
  }

  class Item extends dbus.interface.Interface {
    readonly Id = 'warder'
    readonly Category = 'ApplicationStatus'
    readonly Status = 'Active'
    readonly Title = 'Warder'
    readonly Menu = MENU
    readonly ItemIsMenu = true
    readonly IconName = ''
    get IconPixmap() {
      return pixmap()
    }
    get ToolTip() {
      return ['', [], state.tooltip, '']
    }
    Activate() {}
    SecondaryActivate() {}
    ContextMenu() {}
    Scroll() {}
    NewIcon() {}
    NewToolTip() {}
  }
  const read = dbus.interface.ACCESS_READ
  const properties = (signatures: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(signatures).map(([name, signature]) => [name, { signature, access: read }]),
    )
  Item.configureMembers({
    properties: properties({
      ...{ Id: 's', Category: 's', Status: 's', Title: 's', Menu: 'o', ItemIsMenu: 'b' },
      ...{ IconName: 's', IconPixmap: 'a(iiay)', ToolTip: '(sa(iiay)ss)' },
    }),
    methods: {
      Activate: { inSignature: 'ii' },
      SecondaryActivate: { inSignature: 'ii' },
      ContextMenu: { inSignature: 'ii' },
      Scroll: { inSignature: 'is' },
    },
    signals: { NewIcon: { signature: '' }, NewToolTip: { signature: '' } },
  })

  const described = (item: ShownItem): Record<string, object> => {
    if (item.type === 'separator') return { type: new Variant('s', 'separator') }
    return {
      label: new Variant('s', (item.label ?? '').replaceAll('_', '__')),
      enabled: new Variant('b', item.enabled ?? true),
      visible: new Variant('b', true),
      ...(item.type === 'checkbox' && {
        'toggle-type': new Variant('s', 'checkmark'),
        'toggle-state': new Variant('i', item.checked === true ? 1 : 0),
      }),
      ...(Array.isArray(item.submenu) && { 'children-display': new Variant('s', 'submenu') }),
    }
  }
  const idOf = (item: ShownItem) => numbered.indexOf(item) + 1
  const layout = (item: ShownItem): unknown[] => [
    idOf(item),
    described(item),
    childrenOf(item).map((child) => new Variant('(ia{sv}av)', layout(child))),
  ]

  class MenuBar extends dbus.interface.Interface {
    readonly Version = 3
    readonly Status = 'normal'
    readonly TextDirection = 'ltr'
    readonly IconThemePath: readonly string[] = []
    GetLayout(parent: number) {
      const top = numbered[parent - 1]
      if (top !== undefined) return [state.revision, layout(top)]
      const children = state.items.map((item) => new Variant('(ia{sv}av)', layout(item)))
      return [state.revision, [0, { 'children-display': new Variant('s', 'submenu') }, children]]
    }
    GetGroupProperties(ids: readonly number[]) {
      return numbered
        .filter((item) => ids.length === 0 || ids.includes(idOf(item)))
        .map((item) => [idOf(item), described(item)])
    }
    GetProperty(id: number, name: string) {
      const item = numbered[id - 1]
      return (item && described(item)[name]) ?? new Variant('s', '')
    }
    Event(id: number, event: string) {
      const item = numbered[id - 1]
      if (event === 'clicked' && item !== undefined) clicked(item)
    }
    EventGroup(events: readonly [number, string][]) {
      for (const [id, event] of events) this.Event(id, event)
      return []
    }
    AboutToShow() {
      return false
    }
    AboutToShowGroup() {
      return [[], []]
    }
    LayoutUpdated(revision: number, parent: number) {
      return [revision, parent]
    }
  }
  MenuBar.configureMembers({
    properties: properties({ Version: 'u', Status: 's', TextDirection: 's', IconThemePath: 'as' }),
    methods: {
      GetLayout: { inSignature: 'iias', outSignature: 'u(ia{sv}av)' },
      GetGroupProperties: { inSignature: 'aias', outSignature: 'a(ia{sv})' },
      GetProperty: { inSignature: 'is', outSignature: 'v' },
      Event: { inSignature: 'isvu' },
      EventGroup: { inSignature: 'a(isvu)', outSignature: 'ai' },
      AboutToShow: { inSignature: 'i', outSignature: 'b' },
      AboutToShowGroup: { inSignature: 'ai', outSignature: 'aiai' },
    },
    signals: { LayoutUpdated: { signature: 'ui' } },
  })

  const bus = dbus.sessionBus({ busAddress })
  const item = new Item('org.kde.StatusNotifierItem')
  const menu = new MenuBar('com.canonical.dbusmenu')
  bus.export(ITEM, item)
  bus.export(MENU, menu)
  const watcher = await bus.getProxyObject(
    'org.kde.StatusNotifierWatcher',
    '/StatusNotifierWatcher',
  )
  await watcher.getInterface('org.kde.StatusNotifierWatcher').RegisterStatusNotifierItem(ITEM)

  return {
    show(icon, tooltip, items) {
      const before = state.icon
      Object.assign(state, { icon, tooltip, items, revision: state.revision + 1 })
      numbered = flat(items)
      menu.LayoutUpdated(state.revision, 0)
      item.NewToolTip()
      if (icon !== before) item.NewIcon()
    },
  }
}

const childrenOf = (item: ShownItem): readonly ShownItem[] =>
  Array.isArray(item.submenu) ? (item.submenu as ShownItem[]) : []

const flat = (items: readonly ShownItem[]): ShownItem[] =>
  items.flatMap((item) => [item, ...flat(childrenOf(item))])
