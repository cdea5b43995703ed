import type { Browser } from 'playwright'
import { afterAll, beforeAll, it } from 'vitest'
import { startBetterAuth } from '../harness/better-auth/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { renewOften } from './support/rotations.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

it.each([
  ['oidc-provider', startOidcProvider],
  ['better-auth', startBetterAuth],
])(
  'renews 1,000 times at %s',
  (_name, start) => renewOften(browser, () => start(), 1_000),
  3_600_000,
)
