import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { startDesktop } from '../harness/electron/desktop.ts'
import { testHome } from '../harness/home.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { startSystemBrowser } from '../harness/xdg-open/index.ts'

/** The window of the desktop is the same page: every page opens under its policy, and a whole story goes through it. */

let keyring: Keyring
let chromium: Browser
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
  chromium = await launchBrowser()
})
afterAll(async () => {
  await chromium.close()
  await keyring[Symbol.asyncDispose]()
})

const names = [
  'Servers',
  'Accounts',
  'Clients',
  'Activity',
  'Approvals',
  'Receipts',
  'Doctor',
  'Settings',
]

it('adds a server, signs in, lets a client in with a question of its own, and revokes', async () => {
  await using home = await testHome()
  await using provider = await startOidcProvider()
  await using server = await startResourceServer(provider)
  await using system = await startSystemBrowser()
  await using desktop = startDesktop({ home: home.path, env: { ...keyring.env, ...system.env } })
  const page = await desktop.page()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const dialog = page.getByRole('dialog')
  const goTo = async (name: string) => {
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { name, exact: true }).waitFor()
  }

  await page.getByText('They are kept in the keychain of this computer.').waitFor()
  for (const name of names) await goTo(name)

  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search or do' }).fill('add a server')
  await page.keyboard.press('Enter')
  await dialog.getByRole('textbox', { name: 'Address' }).fill(server.url)
  await button('Look what it asks for').click()
  await dialog.getByText(provider.issuer, { exact: true }).waitFor()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('notes')
  await button('Add the server').click()
  await button('Open browser').click()
  await signIn(await chromium.newPage(), await system.next(), provider)
  await page.getByRole('heading', { name: 'notes is connected' }).waitFor()
  await button('Done').click()

  await goTo('Clients')
  await page.getByRole('main').getByRole('button', { name: 'Add a client' }).click()
  await dialog.getByLabel('Name').fill('cursor')
  await page.keyboard.press('Enter')
  // The page is not the one that asks: a dialog of the system is, which nothing on the page can press.
  const question = await desktop.answer('Allow')
  expect(question.detail).toContain('cursor gets a socket and a bearer of its own')
  await page.getByLabel('Token').waitFor()
  await button('I have kept it').click()

  await goTo('Accounts')
  await button(`Revoke notes/${accounts.alice}`).click()
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click()
  await dialog.getByText('Proven: every token is dead').waitFor()
  await button('Done').click()
  await goTo('Receipts')
  await page.getByRole('listitem', { name: `Receipt for notes/${accounts.alice}` }).waitFor()

  // The place is asked for by a dialog of the system; the page hears neither of it nor of what was written there.
  const kept = path.join(home.path, 'kept.json')
  await button('Export').click()
  expect((await desktop.answer('Cancel')).detail).toMatch(/\/warder-receipts-[\d-]+\.json$/)
  await button('Export').click()
  await desktop.answer('Save', kept)
  await page.getByText('Saved.').waitFor()
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({
    format: 'warder.records',
    records: [{ document: { kind: 'receipt' } }],
  })
  await goTo('Settings')
  await button('Save the sheet').click()
  await desktop.answer('Save', kept)
  await page.getByText('Saved.').waitFor()
  expect(readFileSync(kept, 'utf8')).toContain('No account is connected.')
  expect(complaints).toEqual([])
})
