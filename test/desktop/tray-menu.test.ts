import { describe, expect, it } from 'vitest'
import { type TrayItem, type TrayState, trayMenu } from '../../main/desktop/tray-menu.ts'
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
  config: null,
}

const remote: ServerView = {
  name: 'issues',
  kind: 'remote',
  auth: 'oauth',
  url: 'https://mcp.example',
  command: null,
  injects: [],
  accounts: [],
  choice: null,
  state: 'sign-in-needed',
  message: null,
}

const labels = (state: Partial<TrayState>): string[] =>
  lines(trayMenu({ status, servers: [], ...state }).items)

function lines(items: readonly TrayItem[]): string[] {
  return items.flatMap((item) => {
    if (item.kind === 'separator') return ['-']
    if (item.kind === 'menu') return [item.label, ...lines(item.items).map((line) => `  ${line}`)]
    return [item.kind === 'line' ? `(${item.label})` : item.label]
  })
}

describe('trayMenu', () => {
  it('offers the window and the way out where there is nothing yet', () => {
    expect(labels({})).toEqual([
      '(Warder: 0 servers, 0 accounts)',
      '-',
      'Stop everything…',
      'Open Warder',
      'Quit Warder',
    ])
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
      'Stop everything…',
      'Open Warder',
      'Quit Warder',
    ])
    expect(trayMenu(state).attention).toBe(true)
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
    expect(trayMenu(state).attention).toBe(true)
  })

  it('offers to revoke where there is an account, and names the number', () => {
    const server: ServerView = { ...remote, state: 'ready', accounts: ['issues/alice'] }
    const menu = trayMenu({ status: { ...status, servers: 1, accounts: 1 }, servers: [server] })
    expect(menu.items).toContainEqual({
      kind: 'menu',
      label: 'issues',
      items: [
        { kind: 'line', label: 'Ready, 1 account' },
        { kind: 'action', label: 'Connect…', action: { do: 'connect', server: 'issues' } },
        { kind: 'action', label: 'Revoke…', action: { do: 'revoke', server: 'issues' } },
      ],
    })
    expect(menu.attention).toBe(false)
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

  it('offers the way back alone while everything is stopped, and says so before anything else', () => {
    const stopped = { ...status, stopped: '2026-01-01T00:00:00Z', config: 'line 3' }
    const menu = trayMenu({ status: stopped, servers: [] })
    expect(menu.items).toEqual([
      { kind: 'line', label: 'Warder: everything is stopped' },
      { kind: 'separator' },
      { kind: 'action', label: 'Resume…', action: { do: 'resume' } },
      { kind: 'action', label: 'Open Warder', action: { do: 'open' } },
      { kind: 'action', label: 'Quit Warder', action: { do: 'quit' } },
    ])
    expect(menu.attention).toBe(true)
    expect(trayMenu({ status, servers: [] }).items).toContainEqual({
      kind: 'action',
      label: 'Stop everything…',
      action: { do: 'stop' },
    })
  })

  it.each<[string, Partial<StatusView>]>([
    ['no vault, nothing can be stored', { vault: { kind: 'none', state: 'absent', why: 'x' } }],
    ['the keychain is locked', { vault: { kind: 'keychain', state: 'locked', why: 'x' } }],
    ['config.json has a mistake', { config: 'line 3' }],
  ])('says in its one line: %s', (line, part) => {
    const menu = trayMenu({ status: { ...status, signInNeeded: ['issues'], ...part }, servers: [] })
    expect(menu.items[0]).toEqual({ kind: 'line', label: `Warder: ${line}` })
  })
})
