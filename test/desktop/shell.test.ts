import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusView } from '../../preload/contract/index.ts'
import { type Desktop, type Snapshot, startDesktop } from '../harness/electron/desktop.ts'
import { testHome } from '../harness/home.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { runCli } from '../harness/warder.ts'

/** What surrounds the window: tray, login, links, sleep, notifications; the built app on the harness. */

let keyring: Keyring
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
})
afterAll(() => keyring[Symbol.asyncDispose]())

const start = (home: string, ...args: string[]) =>
  startDesktop({
    home,
    env: { ...keyring.env, XDG_CONFIG_HOME: path.join(home, '.config') },
    args: args.length > 0 ? args : ['--background'],
  })

const shows = (mood: string) => (now: Snapshot) =>
  now.tray?.image.endsWith(`tray-${mood}.png`) === true && now.tray.menu.length > 0

async function cli<T>(home: string, args: readonly string[]): Promise<T> {
  const { code, json } = await runCli(['--home', home, '--json', ...args], { env: keyring.env })
  if (code !== 0) throw new Error(JSON.stringify(json))
  return json as T
}

const hashOf = async (desktop: Desktop) => new URL((await desktop.page()).url()).hash

describe('the tray', () => {
  it('pauses, resumes, locks, unlocks, and asks before everything that widens or revokes', async () => {
    await using home = await testHome()
    await using desktop = start(home.path)
    await desktop.until('ready', shows('ready'))

    await desktop.click('Pause all calls')
    await desktop.until('paused', shows('paused'))
    await desktop.click('Resume calls…')
    await desktop.answer('Cancel')
    await desktop.until('told', (now) => titles(now).includes('Nothing was resumed'))
    expect(shows('paused')(desktop.now())).toBe(true)
    await desktop.click('Resume calls…')
    await desktop.answer('Allow')
    await desktop.until('ready', shows('ready'))

    await desktop.click('Lock Warder')
    await desktop.until('locked', shows('locked'))
    expect(desktop.now().tray?.menu.map(({ label }) => label)).not.toContain('Start at login')
    await desktop.click('Unlock…')
    await desktop.answer('Allow')
    await desktop.until('ready', shows('ready'))

    await desktop.click('Revoke everything…')
    await desktop.answer('Cancel')
    expect(await cli<StatusView>(home.path, ['status'])).toMatchObject({ stopped: null })
    await desktop.click('Revoke everything…')
    await desktop.answer('Revoke everything')
    await desktop.until('stopped', shows('stopped'))
    await desktop.click('Lift the stop…')
    await desktop.answer('Allow')
    await desktop.until('ready', shows('ready'))
  })

  it('follows what is done elsewhere', async () => {
    await using home = await testHome()
    await using desktop = start(home.path)
    await desktop.until('ready', shows('ready'))
    await cli(home.path, ['pause'])
    await desktop.until('paused', shows('paused'))
    await cli(home.path, ['server', 'add', 'notes', '--url', 'https://mcp.example/mcp'])
    await desktop.until('the server', (now) =>
      Boolean(now.tray?.menu.some(({ label }) => label === 'notes')),
    )
  })

  it('switches starting at login on and off, where the desktop looks for it', async () => {
    await using home = await testHome()
    await using desktop = start(home.path)
    await desktop.until('the menu', shows('ready'))
    const file = path.join(home.path, '.config/autostart/warder.desktop')
    await desktop.click('Start at login')
    await desktop.until('switched on', checked('Start at login', true))
    expect(readFileSync(file, 'utf8')).toMatch(/^Exec=.*"--background"$/m)
    await desktop.click('Start at login')
    await desktop.until('switched off', checked('Start at login', false))
    expect(() => readFileSync(file)).toThrow()
  })
})

describe('sleep and the locked screen', () => {
  it('locks where the person wants that, and only there', async () => {
    await using home = await testHome()
    await using desktop = start(home.path)
    await desktop.until('ready', shows('ready'))
    await desktop.power('lock-screen')
    await desktop.power('resume')
    await desktop.click('Lock with the screen and at sleep')
    await desktop.until('switched on', checked('Lock with the screen and at sleep', true))
    expect(shows('ready')(desktop.now())).toBe(true)
    for (const event of ['lock-screen', 'suspend'] as const) {
      await desktop.power(event)
      await desktop.until(`locked by ${event}`, shows('locked'))
      await desktop.click('Unlock…')
      await desktop.answer('Allow')
      await desktop.until('ready', shows('ready'))
    }
    await desktop.click('Lock with the screen and at sleep')
    await desktop.answer('Cancel')
    expect(checked('Lock with the screen and at sleep', true)(desktop.now())).toBe(true)
  })
})

describe('a link', () => {
  it('opens the page that it names, at the start, in the running app, and as macOS sends it', async () => {
    await using home = await testHome()
    await using desktop = start(home.path, 'warder:servers/notes')
    expect(await hashOf(desktop)).toBe('#/servers/notes')
    await desktop.until('the tray', shows('ready'))
    await using second = start(home.path, '--background', 'warder:receipts')
    expect(await second.ended).toBe(0)
    const page = await desktop.page()
    await page.waitForURL('**/#/receipts')
    await desktop.openUrl('warder:approvals')
    await page.waitForURL('**/#/approvals')
  })

  it('carries no command: one that names no page opens the window as it was', async () => {
    await using home = await testHome()
    await using desktop = start(home.path)
    await desktop.until('the tray', shows('ready'))
    await desktop.openUrl('warder:receipts')
    const page = await desktop.page()
    await page.waitForURL('**/#/receipts')
    for (const link of ['warder:stop:now', 'warder:servers/notes/revoke', 'warder:../../etc']) {
      await desktop.closeWindow()
      await desktop.until('hidden', ({ windows }) => windows[0]?.visible === false)
      await desktop.openUrl(link)
      await desktop.until('shown', ({ windows }) => windows[0]?.visible === true)
      expect(await hashOf(desktop)).toBe('#/receipts')
    }
    await desktop.openUrl('https://elsewhere.example/')
    expect(desktop.now().windows).toHaveLength(1)
    expect(await cli<StatusView>(home.path, ['status'])).toMatchObject({ stopped: null })
  })
})

describe('a notification', () => {
  it('leads to what waits for approval by its button, and so does the tray', async () => {
    await using home = await testHome()
    await using desktop = start(home.path)
    await desktop.until('the tray', shows('ready'))
    editConfig(home.path, { clients: { desk: {} } })
    await desktop.until('attention', shows('attention'))
    await desktop.notification('Approval needed', 'Review…')
    expect(await hashOf(desktop)).toBe('#/approvals')
    await desktop.openUrl('warder:overview')
    await (await desktop.page()).waitForURL('**/#/overview')
    await desktop.click('1 approval waiting…')
    await (await desktop.page()).waitForURL('**/#/approvals')
  })
})

const titles = (now: Snapshot) => now.notifications.map(({ title }) => title)

const checked = (label: string, on: boolean) => (now: Snapshot) =>
  now.tray?.menu.find((item) => item.label === label)?.checked === on

function editConfig(home: string, content: unknown): void {
  writeFileSync(path.join(home, 'config.json'), JSON.stringify(content))
}
