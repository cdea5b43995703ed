import { describe, expect, it } from 'vitest'
import { type Mood, type TrayItem, type TrayState, trayMenu } from '../../main/desktop/tray-menu.ts'
import type { ServerView, StatusView } from '../../preload/contract/index.ts'

const status: StatusView = {
  version: '0.1.0',
  shell: 'desktop',
  home: '/home/alice/.local/share/warder',
  pid: 1,
  startedAt: '2026-01-01T00:00:00Z',
  user: 'alice',
  stopped: null,
  paused: null,
  locked: null,
  lockWithScreen: false,
  vault: { kind: 'keychain', state: 'available', why: null },
  http: 'http://127.0.0.1:1',
  sockets: '/run/warder',
  servers: 0,
  accounts: 0,
  signInNeeded: [],
  waiting: [],
  approvals: 0,
  choiceProblems: [],
  plainTokens: 0,
  wiringProblems: [],
  config: null,
}

const remote: ServerView = {
  name: 'issues',
  kind: 'remote',
  auth: 'oauth',
  url: 'https://mcp.example',
  command: null,
  package: null,
  injects: [],
  accounts: [],
  choice: null,
  state: 'sign-in-needed',
  message: null,
}

const ALWAYS = [
  'Pause all calls',
  'Lock Warder',
  'Revoke everything…',
  '-',
  '[ ] Lock with the screen and at sleep',
  'Open Warder',
  'Quit Warder',
]

const menuOf = (state: Partial<TrayState>) =>
  trayMenu({ status, servers: [], autostart: null, update: null, ...state })

const labels = (state: Partial<TrayState>): string[] => lines(menuOf(state).items)

function lines(items: readonly TrayItem[]): string[] {
  return items.flatMap((item) => {
    if (item.kind === 'separator') return ['-']
    if (item.kind === 'menu') return [item.label, ...lines(item.items).map((line) => `  ${line}`)]
    if (item.kind === 'check') return [`[${item.checked ? 'x' : ' '}] ${item.label}`]
    return [item.kind === 'line' ? `(${item.label})` : item.label]
  })
}

describe('trayMenu', () => {
  it('offers the window and the way out where there is nothing yet', () => {
    expect(labels({})).toEqual(['(Warder: 0 servers, 0 accounts)', '-', ...ALWAYS])
  })

  it('leads to the settings where a newer version is known', () => {
    expect(menuOf({ update: '0.2.0' }).items).toContainEqual({
      kind: 'action',
      label: 'Version 0.2.0 is out…',
      action: { do: 'open', page: 'settings' },
    })
    expect(menuOf({ update: '0.2.0' }).mood).toBe('ready')
  })

  it('puts sign-ins and approvals above everything and asks for attention', () => {
    const state = {
      status: { ...status, servers: 1, signInNeeded: ['issues'], approvals: 2 },
      servers: [remote],
    }
    expect(labels(state)).toEqual([
      '(Warder: sign-in needed)',
      '-',
      'Sign in to issues…',
      '2 approvals waiting…',
      '-',
      'issues',
      '  (Sign-in needed)',
      '  Connect…',
      '-',
      ...ALWAYS,
    ])
    expect(menuOf(state).mood).toBe('attention')
  })

  it('puts a server above everything once, however many of its accounts wait', () => {
    const accounts = ['issues/alice', 'issues/bob']
    const state = {
      status: { ...status, servers: 1, accounts: 2, signInNeeded: accounts },
      servers: [{ ...remote, accounts }],
    }
    expect(labels(state).filter((label) => label.startsWith('Sign in'))).toEqual([
      'Sign in to issues…',
    ])
    expect(menuOf(state).mood).toBe('attention')
  })

  it('offers to revoke where there is an account, and names the number', () => {
    const server: ServerView = { ...remote, state: 'ready', accounts: ['issues/alice'] }
    const menu = menuOf({ status: { ...status, servers: 1, accounts: 1 }, servers: [server] })
    expect(menu.items).toContainEqual({
      kind: 'menu',
      label: 'issues',
      items: [
        { kind: 'line', label: 'Ready, 1 account' },
        { kind: 'action', label: 'Connect…', action: { do: 'connect', server: 'issues' } },
        { kind: 'action', label: 'Revoke…', action: { do: 'revoke', server: 'issues' } },
      ],
    })
    expect(menu.mood).toBe('ready')
    expect(menu.tooltip).toBe('Warder: 1 server, 1 account')
  })

  it('never offers to sign in to a server that a person has not approved', () => {
    const held: ServerView = { ...remote, state: 'held' }
    const state = { status: { ...status, signInNeeded: ['issues'] }, servers: [held] }
    expect(labels(state)).not.toContain('Sign in to issues…')
    expect(labels(state)).not.toContain('  Connect…')
  })

  it('never offers to sign in where a server takes no account', () => {
    const server: ServerView = { ...remote, auth: 'header', state: 'ready' }
    expect(labels({ servers: [server] })).toContain('  (Ready)')
    expect(labels({ servers: [server] })).not.toContain('  Connect…')
  })

  it('leads to the approvals from their line', () => {
    expect(menuOf({ status: { ...status, approvals: 1 } }).items).toContainEqual({
      kind: 'action',
      label: '1 approval waiting…',
      action: { do: 'open', page: 'approvals' },
    })
  })

  const since = '2026-01-01T00:00:00Z'
  it.each<[Mood, string, Partial<StatusView>, string]>([
    ['stopped', 'everything is stopped', { stopped: since, paused: since }, 'Lift the stop…'],
    ['locked', 'locked', { locked: since, paused: since }, 'Unlock…'],
    ['paused', 'every call is paused', { paused: since }, 'Resume calls…'],
  ])('offers the way back while %s, and says so before anything else', (mood, line, part, back) => {
    const state = { status: { ...status, ...part, signInNeeded: ['issues'], config: 'line 3' } }
    const menu = menuOf(state)
    expect([menu.mood, menu.tooltip]).toEqual([mood, `Warder: ${line}`])
    expect(labels(state)).toContain(back)
  })

  it('shows nothing but the ways out while locked', () => {
    const state = {
      status: { ...status, locked: since, approvals: 2, signInNeeded: ['issues'] },
      autostart: null,
    }
    expect(labels(state)).toEqual([
      '(Warder: locked)',
      '-',
      'Pause all calls',
      'Unlock…',
      'Revoke everything…',
      '-',
      'Open Warder',
      'Quit Warder',
    ])
  })

  it('shows as boxes what can be switched, where the system can do it', () => {
    expect(labels({ autostart: true })).toContain('[x] Start at login')
    expect(menuOf({ autostart: true }).items).toContainEqual({
      kind: 'check',
      label: 'Start at login',
      checked: true,
      action: { do: 'autostart', on: false },
    })
    expect(labels({ autostart: null }).join()).not.toContain('at login')
    expect(labels({ status: { ...status, lockWithScreen: true } })).toContain(
      '[x] Lock with the screen and at sleep',
    )
  })

  it.each<[string, Partial<StatusView>]>([
    ['no vault, nothing can be stored', { vault: { kind: 'none', state: 'absent', why: 'x' } }],
    ['the keychain is locked', { vault: { kind: 'keychain', state: 'locked', why: 'x' } }],
    ['config.json has a mistake', { config: 'line 3' }],
  ])('says in its one line: %s', (line, part) => {
    const menu = menuOf({ status: { ...status, signInNeeded: ['issues'], ...part } })
    expect(menu.items[0]).toEqual({ kind: 'line', label: `Warder: ${line}` })
  })
})
