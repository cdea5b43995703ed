import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults, ContextObject, RunOptions } from 'axe-core'
import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import {
  button,
  companion,
  complaints,
  context,
  dialog,
  eventually,
  goTo,
  heading,
  open,
  page,
  pageNames,
  servePage,
} from './page-fixture.ts'

/** The page for everybody: any eyes, any width, the keyboard alone, and whatever strangers call their things. */

servePage()

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

/** What axe finds, as `rule: element`. */
async function violations(shown: Page): Promise<string[]> {
  await shown.evaluate(axeSource)
  const { violations: found } = await shown.evaluate(() => {
    const { axe } = globalThis as unknown as {
      axe: { run(context: ContextObject, options: RunOptions): Promise<AxeResults> }
    }
    // The library's guards take the focus only to hand it on, so nobody ever hears of them.
    const guards = { exclude: [['[data-base-ui-focus-guard]']] }
    return axe.run(guards, { resultTypes: ['violations'] })
  })
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  )
}

/** Everything that a page can show. */
function fill() {
  companion.world.imports = [companion.world.found]
  companion.world.stops = [companion.world.stopRecord()]
  companion.world.status.paused = new Date().toISOString()
}

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  it('has no page that axe objects to', async () => {
    fill()
    await page.emulateMedia({ colorScheme })
    await open()
    for (const name of pageNames) {
      await goTo(name)
      expect(await violations(page), name).toEqual([])
    }
  })

  it('has no dialog, drawer, menu or view that axe objects to', async () => {
    await page.emulateMedia({ colorScheme })
    await open('Servers')
    const dialogs: [string, () => Promise<unknown>][] = [
      ['add a server', () => button('Add a server').click()],
      ['a command', () => page.getByRole('tab', { name: 'Command' }).click()],
      ['providers', () => page.getByRole('tab', { name: 'Provider' }).click()],
    ]
    for (const [what, show] of dialogs) {
      await show()
      expect(await violations(page), what).toEqual([])
    }
    await page.keyboard.press('Escape')
    await button('Connect github').click()
    await button('Open browser').waitFor()
    expect(await violations(page), 'a sign-in').toEqual([])
    await page.keyboard.press('Escape')
    await button('More for linear').click()
    await page.getByRole('menuitem', { name: 'Remove' }).waitFor()
    expect(await violations(page), 'a menu').toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Look at files' }).click()
    await page.getByText('files: 3 folders').waitFor()
    expect(await violations(page), 'details of a server').toEqual([])
    await page.keyboard.press('Control+k')
    await page.getByRole('option').first().waitFor()
    expect(await violations(page), 'the palette').toEqual([])
    await page.keyboard.press('Escape')
    await goTo('Activity')
    for (const view of ['Stories', 'Charts', 'Calls']) {
      await button(view).click()
      expect(await violations(page), view).toEqual([])
    }
    await page.locator('.call').first().click()
    await page.getByRole('complementary', { name: 'Details of the call' }).waitFor()
    expect(await violations(page), 'details of a call').toEqual([])
  })
})

it.each([320, 768, 1280, 2560])('fits %i pixels without scrolling sideways', async (width) => {
  fill()
  await page.setViewportSize({ width, height: 800 })
  await open()
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  for (const name of pageNames) {
    await goTo(name)
    expect(await overflow(), name).toBe(0)
  }
  for (const view of ['Stories', 'Charts']) {
    await goTo('Activity')
    await button(view).click()
    expect(await overflow(), view).toBe(0)
  }
  await goTo('Servers')
  await button('Add a server').click()
  await dialog().waitFor()
  expect(await overflow()).toBe(0)
  expect(await dialog().evaluate((each) => each.scrollWidth - each.clientWidth)).toBe(0)
})

describe('what strangers call their things', () => {
  const html = '<img src=x onerror="window.intruder=1"><script>window.intruder=1</script>'
  const bidi = 'safe\u202Etxt.exe\u2066\u200B'
  const ansi = '\u001B[2J\u001B]0;owned\u0007'
  const hostile = `${html}${bidi}${ansi}`
  const long = `${hostile}${'W'.repeat(1_000_000)}`

  it('is shown as text, with what would hide or turn it written out, and breaks no layout', async () => {
    const { world } = companion
    world.servers = world.servers.map((server) => ({ ...server, message: long }))
    world.accounts = world.accounts.map((account) => ({
      ...account,
      account: `linear/${hostile}`,
      organisation: long,
      scopes: [hostile, long],
      unused: long,
    }))
    world.tools.linear = [
      { name: hostile, description: long, tokens: 1 },
      { name: long, description: null, tokens: 2 },
    ]
    world.log = [long, hostile]
    world.approvals = world.approvals.map((one) => ({ ...one, title: hostile, lines: [long] }))
    world.receipts = world.receipts.map((receipt) => ({
      ...receipt,
      account: hostile,
      reason: hostile,
      remains: long,
      steps: receipt.steps.map((step) => ({ ...step, detail: long, endpoint: hostile })),
    }))
    companion.append(
      { phase: 'outcome', outcome: 'ok', target: hostile, rule: long, argumentKeys: [hostile] },
      { phase: 'outcome', outcome: 'error', target: long, code: hostile, client: hostile },
    )
    world.imports = [{ ...world.found, file: hostile, issuer: hostile, scopes: [long] }]
    await page.setViewportSize({ width: 640, height: 800 })
    await open()
    const check = async (where: string) => {
      const seen = await page.evaluate(() => ({
        intruder: 'intruder' in window,
        images: document.querySelectorAll('main img').length,
        sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        hidden: /[\u0007\u001b\u200b\u202a-\u202e\u2066-\u2069]/.exec(document.body.innerText)
          ?.index,
      }))
      expect(seen, where).toEqual({
        intruder: false,
        images: 0,
        sideways: 0,
        hidden: undefined,
      })
    }
    for (const name of pageNames) {
      await goTo(name)
      await check(name)
    }
    await goTo('Activity')
    await page.locator('.call').first().click()
    await page.getByRole('complementary').last().getByText('Asked', { exact: true }).waitFor()
    await check('details of a call')
    await goTo('Servers')
    await page.getByRole('link', { name: 'Look at linear' }).click()
    await page.getByText('2 tools').waitFor()
    await check('tools')
    await page.getByRole('link', { name: 'Look at files' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'What files wrote' }).waitFor()
    await check('a log')
    expect(complaints).toEqual([])
  })
})

describe('the keyboard alone', () => {
  it('goes everywhere and does everything by the palette', async () => {
    await open()
    const palette = async (words: string) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Search or do' }).waitFor()
      await page.keyboard.type(words)
      await page.keyboard.press('Enter')
    }
    for (const name of pageNames.slice(1)) {
      await palette(`go to ${name}`)
      await heading(name).waitFor()
    }
    await palette('add a server')
    await page.getByRole('heading', { name: 'Add a server' }).waitFor()
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe(
      'url',
    )
    await page.keyboard.press('Escape')
    await palette('revoke linear')
    await page.getByRole('heading', { name: 'Revoke linear/alice@example.com?' }).waitFor()
    await eventually(() => page.locator(':focus').innerText()).toBe('Keep it')
    await page.keyboard.press('Enter')
    await eventually(() => dialog().count()).toBe(0)
    await palette('look at files')
    await page.getByRole('complementary', { name: 'Details of files' }).waitFor()
    await palette('nothing goes by this name')
    await page.getByText('Nothing here goes by that name.').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => dialog().count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('connects, looks why and revokes without a pointer', async () => {
    await open('Accounts')
    const press = async (name: string) => {
      await button(name).focus()
      await page.keyboard.press('Enter')
    }
    await press('Why is linear/alice@example.com as it is')
    await dialog().getByText('Signed out on Tuesday').waitFor()
    await page.keyboard.press('Enter')
    await eventually(() => dialog().count()).toBe(0)
    await eventually(() =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
    ).toBe('Why is linear/alice@example.com as it is')
    await press('Revoke linear/alice@example.com')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await dialog().getByText('Proven: every token is dead').waitFor()
    await page.keyboard.press('Enter')
    await heading('Nobody is signed in').waitFor()
  })
})

it('shows in a window that is told to move nothing no movement', async () => {
  expect((await context.pages()).length).toBe(1)
  await open()
  const moving = await page.evaluate(
    () => document.getAnimations().filter(({ playState }) => playState === 'running').length,
  )
  expect(moving).toBe(0)
})
