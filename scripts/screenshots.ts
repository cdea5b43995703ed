/**
 * The pictures of the README, taken from the page of a real companion that a person has used for a while: a real identity
 * provider, real MCP servers, a client that calls. `node scripts/screenshots.ts` writes docs/screenshots; names that a
 * person would see (of servers, clients, accounts) are chosen, nothing that is shown is made up.
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser, Page } from 'playwright'
import type { Output } from '../preload/contract/index.ts'
import { launchBrowser, signIn } from '../test/harness/chromium.ts'
import { testHome } from '../test/harness/home.ts'
import { accounts } from '../test/harness/identity-provider/types.ts'
import { startOidcProvider } from '../test/harness/oidc-provider/index.ts'
import { startResourceServer } from '../test/harness/resource-server.ts'
import { everythingStdio } from '../test/harness/stdio-servers.ts'
import { startWarder, type Warder } from '../test/harness/warder.ts'
import { startSystemBrowser } from '../test/harness/xdg-open/index.ts'
import { buildIfStale } from './build-if-stale.ts'

const folder = path.join(import.meta.dirname, '..', 'docs', 'screenshots')

const built = await buildIfStale()
if (built !== 0) process.exit(built)
await mkdir(folder, { recursive: true })
await using home = await testHome()
await using provider = await startOidcProvider()
await using notes = await startResourceServer(provider)
await using tracker = await startResourceServer(provider)
await using weather = await startResourceServer({ header: 'X-Api-Key', value: 'a-key-of-the-lab' })
await using system = await startSystemBrowser()
await using warder = await startWarder({ home: home.path, env: system.env })
await using browser = await launchBrowser()

await fill(warder)
for (const colorScheme of ['light', 'dark'] as const) await shoot(browser, colorScheme)

/** What somebody has after an hour of use. */
async function fill(at: Warder): Promise<void> {
  await at.ok(['server', 'add', 'notes', '--url', notes.url])
  await at.ok(['server', 'add', 'tracker', '--url', tracker.url])
  await at.ok(['secret', 'set', 'weather-key'], 'a-key-of-the-lab')
  await at.ok([
    ...[
      'server',
      'add',
      'weather',
      '--url',
      weather.url,
      '--header',
      'X-Api-Key=secret:weather-key',
    ],
    '--yes',
  ])
  const { command, args } = everythingStdio
  await at.ok(['server', 'add', 'workbench', '--yes', '--', command, ...args])
  const connected = at.ok(['connect', 'notes'])
  const profile = await browser.newContext()
  await signIn(await profile.newPage(), await system.next(), provider)
  await profile.close()
  await connected

  const clients = await Promise.all(
    ['claude-desktop', 'cursor', 'zed'].map(async (name) => {
      const { bearer } = await at.ok<Output<'clients:add'>>(['client', 'add', name, '--yes'])
      return bearer
    }),
  )
  const [desk = '', cursor = '', zed = ''] = clients
  const deskNotes = await at.httpClient(desk, 'notes')
  const cursorBench = await at.httpClient(cursor, 'workbench')
  const zedWeather = await at.httpClient(zed, 'weather')
  for (const client of [deskNotes, cursorBench, zedWeather]) await client.listTools()
  await approveTools(at)
  for (let round = 0; round < 6; round++) {
    await call(deskNotes, 'echo', { message: 'a note' })
    await call(deskNotes, 'get-sum', { a: round, b: 2 })
    await call(cursorBench, 'echo', { message: 'hello' })
    await call(cursorBench, 'get-structured-content', { location: 'Chicago' })
    if (round % 2 === 0) await call(zedWeather, 'get-tiny-image', {})
    if (round % 3 === 0) await call(deskNotes, 'no-such-tool', {})
  }
  const cursorTracker = await at.httpClient(cursor, 'tracker')
  await call(cursorTracker, 'echo', { message: 'waits for a person' })
}

/** What is pinned for the first time may wait for a person. */
async function approveTools(at: Warder): Promise<void> {
  const waiting = await at.ok<Output<'approvals:list'>>(['approvals'])
  for (const { id } of waiting) await at.run(['approvals', 'approve', id, '--yes'])
}

/** Some of these calls are meant to fail, and one waits for a sign-in that does not come. */
async function call(client: Client, name: string, args: Record<string, unknown>): Promise<void> {
  const asked = client.callTool({ name, arguments: args }, undefined, { timeout: 5_000 })
  await asked.catch(() => undefined)
}

async function shoot(chromium: Browser, colorScheme: 'light' | 'dark'): Promise<void> {
  const { url } = await warder.ok<{ url: string }>(['ui', '--no-browser'])
  const context = await chromium.newContext({
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
  })
  const page = await context.newPage()
  const take = async (name: string) => {
    await page.evaluate(() => document.fonts.ready)
    await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) })
  }
  await page.goto(url)
  await page.locator('.legend').getByText('claude-desktop').waitFor()
  await take('overview')
  await goTo(page, 'Activity')
  await page.locator('.call', { hasText: 'get-sum' }).first().click()
  await page.getByRole('complementary', { name: 'Details of the call' }).waitFor()
  await take('activity')
  if (colorScheme === 'light') {
    await goTo(page, 'Servers')
    await page.getByRole('button', { name: 'Add a server' }).click()
    await page.getByRole('textbox', { name: 'Address' }).fill(tracker.url)
    await page.getByRole('button', { name: 'Look what it asks for' }).click()
    await page.getByText('It takes sign-ins at').waitFor()
    await take('add-server')
    await page.keyboard.press('Escape')
    await goTo(page, 'Clients')
    await page
      .getByText(/may call \d+ of/)
      .first()
      .waitFor()
    await take('clients')
    return context.close()
  }
  await goTo(page, 'Accounts')
  await page.getByRole('button', { name: `Revoke notes/${accounts.alice}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click()
  await page.getByText('Proven: every token is dead').waitFor()
  await take('receipt')
  await context.close()
}

async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click()
  await page.getByRole('heading', { name, exact: true }).waitFor()
}
