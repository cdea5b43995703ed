import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { FuseV1Options } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fuses } from '../../build/fuses.ts'
import manifest from '../../package.json' with { type: 'json' }
import { type Desktop, startDesktop } from '../harness/electron/desktop.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'

/**
 * Electron's security checklist (docs/tutorial/security.md), point by point. What the page itself can try, in a real
 * Chromium, is in smoke.test.ts; what it is handed, in page.test.ts; who may call, in sender.test.ts.
 */

const root = path.join(import.meta.dirname, '../..')
const sources = globSync(['main/**/*.ts', 'preload/**/*.ts', 'renderer/**/*.{ts,tsx,html}'], {
  cwd: root,
})
/** The files of the product in which a pattern stands. */
const filesWith = (pattern: RegExp) =>
  sources.filter((file) => pattern.test(readFileSync(path.join(root, file), 'utf8'))).toSorted()

let keyring: Keyring
let home: TestHome
let desktop: Desktop
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
  home = await testHome()
  desktop = startDesktop({ home: home.path, env: keyring.env })
  await desktop.page()
})
afterAll(async () => {
  await desktop[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
  await keyring[Symbol.asyncDispose]()
})

describe('the checklist', () => {
  it('1: loads secure content only, its own', async () => {
    expect(filesWith(/loadURL\(|loadFile\(/)).toEqual([
      'main/desktop/passphrase-window.ts',
      'main/desktop/window.ts',
    ])
    expect(filesWith(/\.loadFile\(/)).toEqual([])
    const requests = (await desktop.page()).evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
    )
    expect([...new Set(await requests)]).toEqual(['https://warder.app.test'])
  })

  it('2, 3, 4: no Node in the page, isolated, in the sandbox', async () => {
    const { preferences } = await desktop.probe()
    expect(preferences).toMatchObject({
      nodeIntegration: false,
      contextIsolation: true,
      sandbox: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    })
    expect(filesWith(/nodeIntegrationInWorker|nodeIntegrationInSubFrames/)).toEqual([])
  })

  it('5: no permission for anybody', async () => {
    expect(await desktop.permissions()).toEqual({ request: false, check: false, device: false })
  })

  it('6, 8, 9, 10: nothing of Chromium is switched off or on', async () => {
    const { preferences } = await desktop.probe()
    expect(Object.keys(preferences).toSorted()).toEqual([
      'contextIsolation',
      'devTools',
      'navigateOnDragDrop',
      'nodeIntegration',
      'preload',
      'sandbox',
      'spellcheck',
      'webviewTag',
    ])
    expect(filesWith(/commandLine\.append|enableBlinkFeatures|disableBlinkFeatures/)).toEqual([])
  })

  it('11, 12: no webview, whatever asks for one', async () => {
    expect(await desktop.probe()).toMatchObject({ webview: true })
  })

  it('13, 14: no navigation, redirect, new window or download', async () => {
    expect(await desktop.probe()).toMatchObject({
      navigation: true,
      frameNavigation: true,
      redirect: true,
      newWindow: true,
      download: true,
    })
  })

  it('15: one place opens pages outside', () => {
    expect(filesWith(/openExternal\(|openPath\(/)).toEqual(['main/desktop/browser.ts'])
  })

  it('16: an Electron that is supported, by its exact version', () => {
    expect(manifest.devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/)
    const builder = readFileSync(path.join(root, 'electron-builder.yml'), 'utf8')
    expect(builder).toContain(`electronVersion: ${manifest.devDependencies.electron}\n`)
  })

  it('17: every message comes in by the one door that looks at its sender', () => {
    expect(filesWith(/ipcMain\b/)).toEqual(['main/desktop/ipc.ts'])
    expect(filesWith(/ipcMain\.(?:on|once|handleOnce)\(|MessageChannelMain/)).toEqual([])
  })

  it('18: a scheme of its own, nothing from file://', () => {
    expect(filesWith(/protocol\.handle\(/)).toEqual(['main/desktop/page-scheme.ts'])
    expect(
      filesWith(/registerFileProtocol|interceptFileProtocol|bypassCSP|allowServiceWorkers/),
    ).toEqual([])
  })

  it('19: every fuse was decided on', () => {
    const known = Object.values(FuseV1Options).filter((value) => typeof value === 'number')
    for (const fuse of known) expect(fuses[fuse as FuseV1Options]).toBeTypeOf('boolean')
    expect(fuses.strictlyRequireAllFuses).toBe(true)
    expect(fuses[FuseV1Options.RunAsNode]).toBe(false)
  })

  it('20: a page is given two functions and no API of Electron', () => {
    const preloads = ['preload/preload.ts', 'preload/vault.ts']
    expect(filesWith(/exposeInMainWorld\(/)).toEqual(preloads)
    expect(filesWith(/ipcRenderer\b/)).toEqual(preloads)
  })
})
