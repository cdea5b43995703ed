import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  button,
  companion,
  complaints,
  eventually,
  heading,
  heard,
  open,
  page,
  servePage,
} from './page-fixture.ts'

servePage()

const calls = () => page.locator('.call')
const list = () => page.getByRole('list', { name: 'Calls' })
/** How many calls the list says that it has; -1 while the end of the audit was not reached. */
const size = async () =>
  Number(await list().getByRole('listitem').first().getAttribute('aria-setsize'))
const details = () => page.getByRole('complementary', { name: 'Details of the call' })

describe('calls', () => {
  it('come on top as they are made, and are followed to their end', async () => {
    await open('Activity')
    await eventually(size).toBe(40)
    companion.append({ call: 'new', target: 'delete_everything', client: 'cursor' })
    await eventually(size).toBe(41)
    const first = calls().first()
    await first.getByText('delete_everything').waitFor()
    await first.getByText('Under way').waitFor()
    companion.append({
      call: 'new',
      target: 'delete_everything',
      client: 'cursor',
      phase: 'outcome',
      outcome: 'ok',
      latencyMs: 1234,
    })
    await first.getByText('Done').waitFor()
    await first.getByText('1.2 s').waitFor()
    expect(await size()).toBe(41)
  })

  it('are filtered by what is chosen, also those that arrive, and chips take it back', async () => {
    await open('Activity')
    await page.getByLabel('Outcome').selectOption('Denied')
    await eventually(size).toBe(6)
    const ended = { phase: 'outcome' } as const
    companion.append(
      { ...ended, call: 'a', target: 'allowed_call', outcome: 'ok' },
      { ...ended, call: 'd', target: 'denied_call', outcome: 'denied' },
    )
    await calls().getByText('denied_call').waitFor()
    expect(await size()).toBe(7)
    await page.getByLabel('Client').selectOption('cursor')
    await page.getByLabel('Server').selectOption('weather')
    await eventually(size).toBe(1)
    expect(heard('audit:query').findLast((input) => 'phase' in (input as object))).toEqual({
      client: 'cursor',
      server: 'weather',
      outcome: 'denied',
      phase: 'outcome',
      limit: 200,
    })
    companion.world.audit = []
    await page.getByLabel('Server').selectOption('linear')
    await heading('No call matches').waitFor()
    await button('No longer: to linear').click()
    await eventually(() => page.getByRole('list', { name: 'Filters' }).innerText()).not.toContain(
      'linear',
    )
  })

  it('are filtered by a sentence', async () => {
    await open('Activity')
    await page.getByLabel('Filter by a sentence').fill('refused calls of cursor since yesterday')
    await page.keyboard.press('Enter')
    await page.getByText('of cursor', { exact: true }).waitFor()
    await page.getByText('denied', { exact: true }).waitFor()
    expect(heard('audit:query').findLast((input) => 'phase' in (input as object))).toMatchObject({
      client: 'cursor',
      outcome: 'denied',
      since: expect.any(String),
    })
  })

  it('show their details, and give the focus back', async () => {
    await open('Activity')
    await calls().nth(4).click()
    await details().getByText('its socket, which any program of this user may use').waitFor()
    await details().getByText('title, team').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => details().count()).toBe(0)
    await eventually(() =>
      page.evaluate(() => document.activeElement?.getAttribute('data-call')),
    ).toBe(await calls().nth(4).getAttribute('data-call'))
    await page.keyboard.press('ArrowDown')
    await eventually(() =>
      page.evaluate(() => document.activeElement?.getAttribute('data-call')),
    ).toBe(await calls().nth(5).getAttribute('data-call'))
  })

  it('are drawn and held a few at a time, however many there are, and lead back to now', async () => {
    companion.fill(6_000)
    await open('Activity')
    await calls().first().waitFor()
    expect(await size()).toBe(-1)
    const scroller = page.locator('.calls-scroll')
    const oldest = () => calls().getByText('read_file')
    // To the end of what is held, again and again, until it is the end of the audit.
    await eventually(async () => {
      await scroller.evaluate((each) => each.scrollTo(0, each.scrollHeight))
      return page.locator('[data-call="old-0"]').count()
    }).toBe(1)
    expect(await calls().count()).toBeLessThan(80)
    expect(await oldest().count()).toBeGreaterThan(0)
    const held = await scroller.evaluate((each) => each.scrollHeight / 42)
    expect(held).toBeLessThanOrEqual(4_001)

    companion.append({ phase: 'outcome', outcome: 'ok', target: 'burst' })
    await button('Back to now: 1 new').click()
    await calls().getByText('burst').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  it('are jumped to by their date, with what came before and after around them', async () => {
    companion.fill(2_000)
    await open('Activity')
    await calls().first().waitFor()
    // Two minutes lie between two calls of that audit: so old is the five hundredth.
    const target = companion.world.audit.find(({ call }) => call === 'old-1500')
    if (target === undefined) throw new Error('there is no such call')
    const local = new Date(Date.parse(target.at) - new Date().getTimezoneOffset() * 60_000)
    const field = page.getByLabel('Jump to a date')
    await field.fill(local.toISOString().slice(0, 16))
    await field.press('Enter')
    const shown = page.locator('[data-call="old-1500"]')
    await shown.waitFor()
    // What is newer is asked for without moving it.
    await eventually(() => page.locator('[data-call="old-1501"]').count()).toBe(1)
    const list = await page.locator('.calls-scroll').boundingBox()
    const box = await shown.boundingBox()
    expect(Math.abs((box?.y ?? 0) - (list?.y ?? 0))).toBeLessThan(60)
    await button('Back to now').click()
    await page.getByText('Live', { exact: true }).waitFor()

    await field.fill('2001-01-01T00:00')
    await button('Jump to that date').click()
    await page.locator('[data-call="old-0"]').waitFor()
    await page.getByText(/^\d+ calls from .*: the oldest are at the end\.$/).waitFor()
    expect(complaints).toEqual([])
  })

  it('stay where they are under the eyes of who reads, while new ones arrive', async () => {
    companion.fill(150)
    await open('Activity')
    await calls().first().waitFor()
    const scroller = page.locator('.calls-scroll')
    await scroller.evaluate((each) => each.scrollTo(0, 42 * 100))
    const shown = page.locator('[data-call="old-45"]')
    await shown.waitFor()
    const before = await shown.boundingBox()
    const burst = Array.from({ length: 50 }, (_, at) => ({
      phase: 'outcome' as const,
      outcome: 'ok' as const,
      call: `burst-${at}`,
    }))
    companion.append(...burst)
    await eventually(size).toBe(200)
    await eventually(() => shown.boundingBox()).toEqual(before)
  })
})

it('tells what a client did as a story, in order', async () => {
  const deed = { phase: 'outcome', outcome: 'ok', client: 'zed', session: 'one' } as const
  companion.world.audit = []
  companion.append(
    { ...deed, call: '1', target: 'list_issues' },
    { ...deed, call: '2', target: 'create_issue' },
    { ...deed, call: '3', target: 'create_issue' },
    { ...deed, call: '4', target: 'drop_table', outcome: 'denied', decision: 'deny' },
    { ...deed, call: '5', method: 'tools/list', target: null },
  )
  await open('Activity')
  await button('Stories').click()
  const story = page.getByRole('listitem', { name: 'Story of zed' })
  await story.getByText('4 calls to linear, 1 refused.').waitFor()
  await story.getByText('create_issue × 2').waitFor()
  await story.getByText('Told in order').click()
  expect(await story.getByRole('button').allInnerTexts()).toEqual([
    expect.stringContaining('list_issues'),
    expect.stringContaining('create_issue'),
    expect.stringContaining('create_issue'),
    expect.stringContaining('drop_table'),
  ])
  await story.getByRole('button', { name: 'drop_table' }).click()
  await details().getByText('Denied').first().waitFor()
})

it('draws calls, refusals and times, with the numbers in a table', async () => {
  await open('Activity')
  await button('Charts').click()
  for (const name of ['Calls per hour by client', 'Calls refused and failed per hour'])
    await page.getByRole('img', { name }).waitFor()
  const table = page.getByRole('table', { name: 'Calls per hour by client' })
  const numbers = await table.getByRole('cell').allInnerTexts()
  expect(numbers.reduce((sum, text) => sum + Number(text), 0)).toBe(40)
  await button('7 days').click()
  await page.getByRole('img', { name: 'Calls per 6 hours by client' }).waitFor()
  expect(heard('audit:summary').at(-1)).toEqual({ hours: 168, minutes: 360 })
})

describe('the export', () => {
  it('saves every row that the filter shows, page by page', async () => {
    companion.fill(900)
    await open('Activity')
    await page.getByLabel('Client').selectOption('cursor')
    const [download] = await Promise.all([page.waitForEvent('download'), button('Export').click()])
    expect(download.suggestedFilename()).toMatch(/^warder-audit-\d{4}-\d\d-\d\d\.jsonl$/)
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n')
    const expected = companion.world.audit.filter(({ client }) => client === 'cursor')
    expect(lines.map((line) => JSON.parse(line))).toEqual(expected)
    expect(complaints).toEqual([])
  })
})
