import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { startWarder } from '../harness/warder.ts'
import { startSystemBrowser } from '../harness/xdg-open/index.ts'
import { echo, refusalOf } from './support/calls.ts'
import { visit } from './support/stage.ts'

/** What a person does in the window, from nothing to a proven revocation, with nothing behind it that is not real. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

it('goes from the first run over a sign-in and a call to a revocation that is proven', async () => {
  await using home = await testHome()
  await using provider = await startOidcProvider()
  await using remote = await startResourceServer(provider)
  await using system = await startSystemBrowser()
  await using warder = await startWarder({ home: home.path, env: system.env })
  const { url } = await warder.ok<{ url: string }>(['ui', '--no-browser'])
  const page = await chromium.newPage({ reducedMotion: 'reduce' })
  const complaints = complaintsOf(page)
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const dialog = page.getByRole('dialog')
  const goTo = (name: string) => page.getByRole('navigation').getByRole('link', { name }).click()

  await page.goto(url)
  const steps = page.getByRole('region', { name: 'Getting started' })
  await steps.getByText('They are kept in memory').waitFor()

  // A server, looked at before it is added. It widens nothing before somebody signs in, so nobody is asked.
  await steps.getByRole('button', { name: 'Add a server' }).click()
  await dialog.getByRole('textbox', { name: 'Address' }).fill(remote.url)
  await button('Look what it asks for').click()
  await dialog.getByText(provider.issuer, { exact: true }).waitFor()
  await dialog.getByText('mcp:read').first().waitFor()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('notes')
  await button('Add the server').click()

  // The sign-in, in the browser of the system.
  await dialog.getByText(provider.issuer, { exact: true }).waitFor()
  expect(system.opened).toEqual([])
  await button('Open browser').click()
  await visit(chromium, await system.next(), provider)
  await page.getByRole('heading', { name: 'notes is connected' }).waitFor()
  await dialog.getByText(`notes/${accounts.alice}`).waitFor()
  await button('Done').click()

  // A client, whose token is shown this once.
  // Which of the two it is depends on what is installed where this runs.
  await steps.getByRole('button', { name: /^(?:Add a|Another) client$/ }).click()
  await dialog.getByLabel('Name').fill('cursor')
  await page.keyboard.press('Enter')
  await page
    .getByRole('dialog', { name: 'Let the client cursor in' })
    .getByRole('button', { name: 'Confirm' })
    .click()
  const bearer = await page.getByLabel('Token').inputValue()
  await button('I have kept it').click()
  await steps.waitFor({ state: 'detached' })

  // A call, seen in the audit and in the meter.
  const client = await warder.httpClient(bearer, 'notes')
  expect(await echo(client, 'seen in the window')).toContain('seen in the window')
  await client.listTools()
  await goTo('Activity')
  const call = page.locator('.call', { hasText: 'echo' }).first()
  await call.getByText('Done').waitFor()
  await call.click()
  const details = page.getByRole('complementary', { name: 'Details of the call' })
  await details.getByText('its own token').waitFor()
  await details.getByText('message', { exact: true }).waitFor()
  await details.getByText(`notes/${accounts.alice}`).waitFor()
  await page.keyboard.press('Escape')
  await goTo('Clients')
  await page
    .getByRole('region', { name: 'Context of cursor' })
    .getByText(/may call \d+ of \d+ tools/)
    .waitFor()

  // The end of it.
  await goTo('Accounts')
  await button(`Revoke notes/${accounts.alice}`).click()
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click()
  await dialog.getByText('Proven: every token is dead').waitFor()
  expect((await refusalOf(echo(client))).code).toBe('grant.sign_in_needed')
  await button('Done').click()
  await goTo('Overview')
  await button('Sign in at notes').waitFor()
  await goTo('Activity')
  await page.locator('.call', { hasText: 'echo' }).first().getByText('Failed').waitFor()
  expect(complaints).toEqual([])
})

function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // A refused request, such as one that has to be confirmed, is the browser's line, not ours.
    const ours = !message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && ours) complaints.push(message.text())
  })
  return complaints
}
