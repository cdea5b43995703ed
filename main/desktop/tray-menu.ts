import type { ServerView, StatusView } from '../../preload/contract/index.ts'

/** What the tray shows, as data: `tray.ts` turns it into Electron's menu, the tests read it as it is. */
export interface TrayMenu {
  readonly mood: Mood
  readonly tooltip: string
  readonly items: readonly TrayItem[]
}

/** What the icon says, each by a shape of its own: not everybody sees colours. `attention`: a person has something to do. */
export type Mood = 'ready' | 'attention' | 'paused' | 'locked' | 'stopped'

export type TrayItem =
  | { readonly kind: 'line'; readonly label: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  | {
      readonly kind: 'check'
      readonly label: string
      readonly checked: boolean
      readonly action: TrayAction
    }
  | { readonly kind: 'menu'; readonly label: string; readonly items: readonly TrayItem[] }

export type TrayAction =
  | { readonly do: 'connect'; readonly server: string }
  | { readonly do: 'revoke'; readonly server: string }
  | { readonly do: 'stop' | 'end-stop' | 'pause' | 'end-pause' | 'lock' | 'unlock' }
  | { readonly do: 'autostart' | 'lock-with-screen'; readonly on: boolean }
  /** @property page fragment of the page to open; the one that was open last where it is left out */
  | { readonly do: 'open'; readonly page?: string }
  | { readonly do: 'quit' }

export interface TrayState {
  readonly status: StatusView
  /** Empty while Warder is locked. */
  readonly servers: readonly ServerView[]
  /** Whether Warder starts when the person logs in; null where that cannot be seen or arranged. */
  readonly autostart: boolean | null
  /** A newer version, where one is known. */
  readonly update: string | null
}

const separator: TrayItem = { kind: 'separator' }

export function trayMenu(state: TrayState): TrayMenu {
  const { status, servers } = state
  const urgent = status.locked === null ? [...signIns(status, servers), ...approvals(status)] : []
  const line = statusLine(status)
  return {
    mood: moodOf(status, urgent),
    tooltip: line,
    items: [
      { kind: 'line', label: line },
      ...(urgent.length > 0 ? [separator, ...urgent] : []),
      ...(servers.length > 0 ? [separator, ...servers.map(serverMenu)] : []),
      separator,
      ...standstills(status),
      separator,
      ...(status.locked === null ? settings(state) : []),
      ...newer(state),
      action('Open Warder', { do: 'open' }),
      action('Quit Warder', { do: 'quit' }),
    ],
  }
}

const settings = ({ status, autostart }: TrayState): TrayItem[] => [
  check('Lock with the screen and at sleep', status.lockWithScreen, 'lock-with-screen'),
  ...(autostart === null ? [] : [check('Start at login', autostart, 'autostart')]),
]

const check = (
  label: string,
  checked: boolean,
  what: 'autostart' | 'lock-with-screen',
): TrayItem => ({ kind: 'check', label, checked, action: { do: what, on: !checked } })

const action = (label: string, wanted: TrayAction): TrayItem => ({
  kind: 'action',
  label,
  action: wanted,
})

/** What ends something waits for an answer, like what revokes: both have an ellipsis. */
const standstills = ({ stopped, paused, locked }: StatusView): TrayItem[] => [
  paused === null
    ? action('Pause all calls', { do: 'pause' })
    : action('Resume calls…', { do: 'end-pause' }),
  locked === null ? action('Lock Warder', { do: 'lock' }) : action('Unlock…', { do: 'unlock' }),
  stopped === null
    ? action('Revoke everything…', { do: 'stop' })
    : action('Lift the stop…', { do: 'end-stop' }),
]

function moodOf(status: StatusView, urgent: readonly TrayItem[]): Mood {
  if (status.stopped !== null) return 'stopped'
  if (status.locked !== null) return 'locked'
  if (status.paused !== null) return 'paused'
  return urgent.length > 0 ? 'attention' : 'ready'
}

/** The worst news first, for there is room for one line. */
function statusLine(status: StatusView): string {
  if (status.stopped !== null) return 'Warder: everything is stopped'
  if (status.locked !== null) return 'Warder: locked'
  if (status.paused !== null) return 'Warder: every call is paused'
  if (status.vault.kind === 'none') return 'Warder: no vault, nothing can be stored'
  if (status.vault.state !== 'available') return `Warder: the ${status.vault.kind} is locked`
  if (status.config !== null) return 'Warder: config.json has a mistake'
  if (status.signInNeeded.length > 0) return 'Warder: sign-in needed'
  return `Warder: ${count(status.servers, 'server')}, ${count(status.accounts, 'account')}`
}

/** One line for each server, however many of its accounts wait. */
function signIns(status: StatusView, servers: readonly ServerView[]): TrayItem[] {
  const waiting = new Set(status.signInNeeded.map((entry) => entry.split('/', 1)[0]))
  return servers
    .filter((server) => canConnect(server) && waiting.has(server.name))
    .map(({ name }) => action(`Sign in to ${name}…`, { do: 'connect', server: name }))
}

function approvals(status: StatusView): TrayItem[] {
  if (status.approvals === 0) return []
  const label = `${count(status.approvals, 'approval')} waiting…`
  return [action(label, { do: 'open', page: 'approvals' })]
}

function serverMenu(server: ServerView): TrayItem {
  const items: TrayItem[] = [{ kind: 'line', label: stateLine(server) }]
  if (canConnect(server)) items.push(action('Connect…', { do: 'connect', server: server.name }))
  if (server.accounts.length > 0)
    items.push(action('Revoke…', { do: 'revoke', server: server.name }))
  return { kind: 'menu', label: server.name, items }
}

/** A held server is not in force until a person approved it, so nobody signs in for it. */
const canConnect = ({ auth, state }: ServerView) =>
  (auth === 'oauth' || auth === 'service') && state !== 'held'

const states: Record<ServerView['state'], string> = {
  ready: 'Ready',
  'sign-in-needed': 'Sign-in needed',
  held: 'Waits for approval',
  error: 'Not working',
}

function stateLine(server: ServerView): string {
  if (server.accounts.length === 0) return states[server.state]
  return `${states[server.state]}, ${count(server.accounts.length, 'account')}`
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

const newer = ({ update }: TrayState): TrayItem[] =>
  update === null ? [] : [action(`Version ${update} is out…`, { do: 'open', page: 'settings' })]
