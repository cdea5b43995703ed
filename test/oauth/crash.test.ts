import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { killAtRandom, startRotating } from './support/crashes.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

it('20 kills in the middle of renewals lose no grant that the provider still honours, and use no token twice', async () => {
  const { wentOn } = await killAtRandom(browser, 20)
  expect(wentOn).toBeGreaterThan(0)
}, 300_000)

it('a second process gets neither the home nor its tokens', async () => {
  await using provider = await startScriptedProvider()
  await using home = await testHome()
  await using first = startRotating(home.path, provider.serverUrl)
  expect(await first.next()).toMatchObject({ ready: true })
  await using second = startRotating(home.path, provider.serverUrl)
  expect(await second.next()).toEqual({ refused: 'instance.running' })
  expect(provider.received).toEqual([])
})
