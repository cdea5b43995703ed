/**
 * Pictures of every page, dialog and view for somebody to look at: light and dark, narrow and wide, with one of each state
 * there is and with nothing at all. `node scripts/page-pictures.ts DIR [WORD…]` writes those whose name holds a word.
 * What they show is made up (`test/e2e/page-world.ts`); those of the README come from a real companion (`screenshots.ts`).
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright'
import { startUiServer } from '../main/headless/ui-server.ts'
import { createPageControl } from '../test/e2e/page-control.ts'
import { launchBrowser } from '../test/harness/chromium.ts'
import { testHome } from '../test/harness/home.ts'
import { buildRenderer } from '../test/harness/renderer.ts'

const [folder, ...wanted] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name the folder that the pictures go to.')
await mkdir(folder, { recursive: true })

const pages = [
  ...['overview', 'servers', 'accounts', 'clients', 'activity'],
  ...['approvals', 'receipts', 'doctor', 'settings'],
]
const widths = { narrow: 320, usual: 1280, wide: 2560 }

await using home = await testHome()
await using browser = await launchBrowser()
const rendererDir = path.join(home.path, 'renderer')
await buildRenderer(rendererDir)

const click = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).first().click()
const tab = (name: string) => async (page: Page) => {
  await click('Add a server')(page)
  await page.getByRole('tab', { name }).click()
}
/** Page, and what is done there before the picture. */
const views: Record<string, [page: string, act: (page: Page) => Promise<unknown>]> = {
  stories: ['activity', click('Stories')],
  charts: ['activity', click('Charts')],
  call: ['activity', (page) => page.locator('.call').nth(3).click()],
  'add-address': [
    'servers',
    async (page) => {
      await click('Add a server')(page)
      await page.getByRole('textbox', { name: 'Address' }).fill('https://mcp.notes.example/mcp')
      await click('Look what it asks for')(page)
      await page.getByText('It takes sign-ins at').waitFor()
      await click('As a service')(page)
    },
  ],
  'add-command': [
    'servers',
    async (page) => {
      await tab('Command')(page)
      await click('Variable')(page)
      await page.getByText('from a file or an argument?').click()
      await click('File')(page)
      await click('Argument')(page)
    },
  ],
  'add-provider': ['servers', tab('Provider')],
  'add-pasted': ['servers', tab('Pasted JSON')],
  connect: ['servers', click('Connect another account of github')],
  server: ['servers', (page) => page.getByRole('link', { name: 'Look at files' }).click()],
  'remove-server': [
    'servers',
    async (page) => {
      await click('More for linear')(page)
      await page.getByRole('menuitem', { name: 'Remove' }).click()
    },
  ],
  'step-up': ['accounts', click('Ask for more for linear/alice@example.com')],
  why: ['accounts', click('Why is linear/alice@example.com as it is')],
  revoke: ['accounts', click('Revoke linear/alice@example.com')],
  trim: ['clients', (page) => page.getByText('Take tools away from').first().click()],
  wire: ['clients', click('Wire Cursor')],
  'add-client': ['clients', click('Add a client')],
  palette: ['overview', (page) => page.keyboard.press('Control+k')],
  stop: ['overview', click('Stop everything')],
}

for (const colorScheme of ['light', 'dark'] as const)
  for (const [word, width] of Object.entries(widths)) {
    for (const state of ['full', 'empty'] as const)
      for (const name of pages)
        await take(`${name}-${state}-${word}-${colorScheme}`, name, { state, width, colorScheme })
    for (const [view, [name, act]] of Object.entries(views))
      await take(`${view}-view-${word}-${colorScheme}`, name, {
        state: 'full',
        width,
        colorScheme,
        act,
      })
  }

interface Wish {
  state: 'full' | 'empty'
  width: number
  colorScheme: 'light' | 'dark'
  act?: (page: Page) => Promise<unknown>
}

async function take(name: string, page: string, wish: Wish): Promise<void> {
  if (!wanted.every((word) => name.includes(word))) return
  const companion = createPageControl()
  if (wish.state === 'full') fill(companion.world)
  else empty(companion.world)
  const ui = await startUiServer(companion.control, { rendererDir, runtimeDir: home.path })
  const { colorScheme, width } = wish
  const viewport = { width, height: width < 400 ? 700 : 900 }
  const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce', viewport })
  const shown = await context.newPage()
  await shown.goto((await ui.login()).url)
  await shown.getByRole('heading', { name: 'Overview' }).waitFor()
  await shown.evaluate((to) => {
    window.location.hash = `#/${to}`
  }, page)
  await shown.locator(`main[data-page="${page}"] h1`).waitFor()
  await shown.getByText('Loading').first().waitFor({ state: 'detached' })
  await wish.act?.(shown)
  await shown.evaluate(() => document.fonts.ready)
  const whole = wish.act === undefined
  await shown.screenshot({ path: path.join(folder ?? '', `${name}.png`), fullPage: whole })
  await context.close()
  await ui.close()
}

type World = ReturnType<typeof createPageControl>['world']

function fill(world: World): void {
  world.imports = [world.found]
  world.stops = [world.stopRecord()]
  world.installing = [
    { server: 'files', name: '@example/files', version: '1.4.2', since: new Date().toISOString() },
  ]
  world.accounts = [
    ...world.accounts.map((one) => ({
      ...one,
      withheld: ['admin'],
      lacking: [{ scope: 'mail:send', operations: ['the tool send_mail'] }],
    })),
    { ...world.account, state: 'sign-in-needed' },
  ]
}

function empty(world: World): void {
  Object.assign(world, { servers: [], accounts: [], clients: [], approvals: [], receipts: [] })
  Object.assign(world, { audit: [], findings: [], imports: [], stops: [] })
}
