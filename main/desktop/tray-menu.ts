import type { ServerView, StatusView } from '../../preload/contract/index.ts'

/** What the tray shows, as data: `tray.ts` turns it into Electron's menu, the tests read it as it is. */
export interface TrayMenu {
  /** A person has something to do: the icon turns amber. */
  readonly attention: boolean
  readonly tooltip: string
  readonly items: readonly TrayItem[]
}

export type TrayItem =
  | { readonly kind: 'line'; readonly label: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  | { readonly kind: 'menu'; readonly label: string; readonly items: readonly TrayItem[] }

export type TrayAction =
  | { readonly do: 'connect'; readonly server: string }
  | { readonly do: 'revoke'; readonly server: string }
  | { readonly do: 'stop' }
  | { readonly do: 'resume' }
  | { readonly do: 'open' }
  | { readonly do: 'quit' }

export interface TrayState {
  readonly status: StatusView
  readonly servers: readonly ServerView[]
}

const separator: TrayItem = { kind: 'separator' }

export function trayMenu({ status, servers }: TrayState): TrayMenu {
  const urgent = [...signIns(status, servers), ...approvals(status)]
  const line = statusLine(status)
  return {
    attention: urgent.length > 0 || status.stopped !== null,
    tooltip: line,
    items: [
      { kind: 'line', label: line },
      ...(urgent.length > 0 ? [separator, ...urgent] : []),
      ...(servers.length > 0 ? [separator, ...servers.map(serverMenu)] : []),
      separator,
      status.stopped === null
        ? { kind: 'action', label: 'Stop everything…', action: { do: 'stop' } }
        : { kind: 'action', label: 'Resume…', action: { do: 'resume' } },
      { kind: 'action', label: 'Open Warder', action: { do: 'open' } },
      { kind: 'action', label: 'Quit Warder', action: { do: 'quit' } },
    ],
  }
}

/** The worst news first, for there is room for one line. */
function statusLine(status: StatusView): string {
  if (status.stopped !== null) return 'Warder: everything is stopped'
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
    .map(({ name }) => ({
      kind: 'action',
      label: `Sign in to ${name}…`,
      action: { do: 'connect', server: name },
    }))
}

function approvals(status: StatusView): TrayItem[] {
  if (status.approvals === 0) return []
  const label = `${count(status.approvals, 'approval')} waiting…`
  return [{ kind: 'action', label, action: { do: 'open' } }]
}

function serverMenu(server: ServerView): TrayItem {
  const items: TrayItem[] = [{ kind: 'line', label: stateLine(server) }]
  if (canConnect(server))
    items.push({
      kind: 'action',
      label: 'Connect…',
      action: { do: 'connect', server: server.name },
    })
  if (server.accounts.length > 0)
    items.push({ kind: 'action', label: 'Revoke…', action: { do: 'revoke', server: server.name } })
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
