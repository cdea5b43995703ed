import type { Page } from 'playwright'
import { openMeta } from '../../../main/store/meta.ts'
import { openState } from '../../../main/store/state.ts'
import { launchBrowser } from '../../harness/chromium.ts'
import { testHome } from '../../harness/home.ts'
import { startWarder } from '../../harness/warder.ts'
import { type Effort, FULL } from '../measure.ts'
import { atMost, type CaseResult } from './result.ts'

const ROWS = 1_000_000
/** Pixels of one step; a wheel that is turned fast makes a few hundred. */
const STEP = 600

/** Activity over an audit of a million rows: how long it takes to show, and what scrolling through it costs the page. */
export async function windowCase(effort: Effort): Promise<CaseResult> {
  await using home = await testHome()
  writeAudit(home.path, effort === FULL ? ROWS : 10_000)
  await using warder = await startWarder({ home: home.path })
  await using browser = await launchBrowser()
  const { url } = await warder.ok<{ url: string }>(['ui', '--no-browser'])
  const page = await browser.newPage()
  await page.addInitScript(() => {
    const seen: number[] = []
    Object.assign(globalThis, { longTasks: seen })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.push(duration)
    }).observe({ entryTypes: ['longtask'] })
  })
  await page.goto(url)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const opened = performance.now()
  await page.getByRole('navigation').getByRole('link', { name: 'Activity' }).click()
  await page.locator('.call').first().waitFor()
  const shown = performance.now() - opened

  const scrolled = await scroll(page, effort === FULL ? 1_500 : 100)
  return {
    name: 'window',
    title: `Activity over an audit of ${ROWS.toLocaleString('en')} rows`,
    figures: {
      opening: { 'first call ms': shown },
      scrolling: {
        'longest task ms': scrolled.longest,
        'frame p99 ms': scrolled.frame,
        'calls passed': scrolled.passed,
        'rows drawn': scrolled.drawn,
      },
    },
    wanted: [atMost('longest task of the page while scrolling, ms', scrolled.longest, 50)],
  }
}

/** Scrolls back through the calls, one step a frame, as they come. */
function scroll(page: Page, steps: number) {
  return page.evaluate(
    async ({ steps, step }) => {
      const scroller = document.querySelector('.calls-scroll')
      if (scroller === null) throw new Error('There is no list of calls.')
      const longTasks = (globalThis as unknown as { longTasks: number[] }).longTasks
      longTasks.length = 0
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const frames: number[] = []
      let drawn = 0
      const first = () => document.querySelector('[data-call]')?.getAttribute('data-call')
      const before = Number(first()?.slice(1))
      let last = await frame()
      for (let at = 0; at < steps; at++) {
        scroller.scrollTop += step
        const now = await frame()
        frames.push(now - last)
        last = now
        drawn = Math.max(drawn, document.querySelectorAll('.call').length)
      }
      // Whatever it still has to do belongs to it.
      await new Promise((resolve) => requestIdleCallback(resolve))
      frames.sort((a, b) => a - b)
      return {
        longest: Math.max(0, ...longTasks),
        frame: frames[Math.floor(frames.length * 0.99)] ?? 0,
        passed: before - Number(first()?.slice(1)),
        drawn,
      }
    },
    { steps, step: STEP },
  )
}

/** An audit as a long life leaves it: an intent and an outcome for each call, one call a second until now. */
function writeAudit(home: string, rows: number): void {
  const state = openState(home)
  state
    .prepare(
      `INSERT INTO audit WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?)
      SELECT seq, ? + (seq / 2) * 1000, 'c' || ((seq - 1) / 2), iif(seq % 2 = 1, 'intent', 'outcome'), 'alice',
        iif(seq % 6 < 2, 'cursor', 'claude-desktop'), 'bearer', NULL, iif(seq % 4 < 2, 'notes', 'tracker'),
        'notes/alice', 'tools/call', 'tool_' || (seq % 40), 'allow', 'allow client=* server=*', '["title"]', 400,
        iif(seq % 2 = 1, NULL, 'ok'), NULL, iif(seq % 2 = 1, NULL, 12.5), 0 FROM n`,
    )
    .run(rows, Date.now() - (rows / 2) * 1000)
  openMeta(state).set('audit_closed_up_to', String(rows))
  state.close()
}
