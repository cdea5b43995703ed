import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { startUiServer, type UiServer } from '../../main/headless/ui-server.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { buildRenderer } from '../harness/renderer.ts'
import { createPageControl } from './page-control.ts'

/** The built page in Chromium over the real loopback server, with a companion of answers behind it; new for each test. */
export let page: Page
export let context: BrowserContext
export let ui: UiServer
export let companion: ReturnType<typeof createPageControl>
export let browser: Browser
/** What the page's own code did wrong; a refused request is the browser's line, not ours. */
export let complaints: string[]

/** Call once at the top of a test file. */
export function servePage(): void {
  let folder: string
  let rendererDir: string

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'warder-page-'))
    rendererDir = path.join(folder, 'renderer')
    await buildRenderer(rendererDir)
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true })
  })

  beforeEach(async () => {
    companion = createPageControl()
    ui = await startUiServer(companion.control, { rendererDir, runtimeDir: folder })
    context = await browser.newContext({ reducedMotion: 'reduce' })
    page = await context.newPage()
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      const ours = !message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && ours) complaints.push(message.text())
    })
  })

  afterEach(async () => {
    await context.close()
    await ui.close()
  })
}

/** Waits for what the page is about to show; a hang is an error all the same. */
export const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 30_000 })

export const heading = (name: string) => page.getByRole('heading', { name, exact: true })
export const button = (name: string) => page.getByRole('button', { name, exact: true })
export const card = (name: string) => page.getByRole('listitem', { name, exact: true })
export const dialog = () => page.getByRole('dialog')
/** Of the question that was asked last. */
export const confirm = () => dialog().last().getByRole('button', { name: 'Confirm' })

/** As the sidebar names them, in its order. */
export const pageNames = [
  'Overview',
  'Servers',
  'Accounts',
  'Clients',
  'Activity',
  'Approvals',
  'Receipts',
  'Doctor',
  'Settings',
] as const

/** By the sidebar, until all of the page is there. */
export async function goTo(name: (typeof pageNames)[number]): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click()
  await heading(name).waitFor()
  await eventually(() => page.getByText('Loading').count()).toBe(0)
}

/** Signs in through the login file and goes to a page. */
export async function open(name: (typeof pageNames)[number] = 'Overview'): Promise<void> {
  await page.goto((await ui.login()).url)
  await heading('Overview').waitFor()
  if (name !== 'Overview') await goTo(name)
}

/** The inputs with which the page called a channel, in order. */
export const heard = (channel: string) =>
  companion.heard.filter((call) => call.channel === channel).map((call) => call.input)
