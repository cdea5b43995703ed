import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../harness/chromium.ts'
import { killAtRandom } from './support/crashes.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

it('200 kills in the middle of renewals lose no grant that the provider still honours, and use no token twice', async () => {
  const { wentOn, answerLost } = await killAtRandom(browser, 200)
  // Both ends of a renewal were hit, or the kills were not at random.
  expect(wentOn).toBeGreaterThan(0)
  expect(answerLost).toBeGreaterThan(0)
}, 3_600_000)
