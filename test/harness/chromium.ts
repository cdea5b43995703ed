import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright'
import { answerGlewlwyd } from './glewlwyd/pages.ts'
import { accountPassword, accounts, type IdentityProvider } from './identity-provider/types.ts'
import { bareEnvironment } from './processes.ts'

/** Chromium without what draws on a screen: a page costs it half as much. Debian has it. */
export const headlessShell = '/usr/lib/chromium/chromium-headless-shell'

/** `WARDER_CHROMIUM`, the distribution's Chromium, or the one Playwright has downloaded; `null` when there is none. */
export function chromiumPath(): string | null {
  const candidates = [
    process.env.WARDER_CHROMIUM,
    headlessShell,
    '/usr/bin/chromium',
    chromium.executablePath(),
  ]
  return candidates.find((candidate) => candidate && existsSync(candidate)) ?? null
}

const loopback = 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'

/**
 * Chromium that talks to loopback only: every other name fails to resolve, and its own services are off.
 * @param only `HOST:PORT`: reaches nothing but this, like a browser on a machine where our ports are not
 */
export async function launchBrowser(only?: string): Promise<Browser> {
  const executablePath = chromiumPath()
  if (!executablePath) throw new Error('No Chromium: set WARDER_CHROMIUM or install the package.')
  return chromium.launch({
    executablePath,
    // No session bus, no display, no credential of whoever runs the tests.
    env: { ...bareEnvironment(), ...(process.env.HOME && { HOME: process.env.HOME }) },
    chromiumSandbox: process.getuid?.() !== 0, // its sandbox refuses to run for root
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      `--host-resolver-rules=${only === undefined ? loopback : `MAP ${only} ${only}, MAP * ~NOTFOUND`}`,
    ],
  })
}

export interface Person {
  readonly email: string
  readonly password: string
  readonly decision: 'Allow' | 'Deny'
  /** What is left ticked on the consent page; everything that was asked for when left out. */
  readonly scopes?: readonly string[]
}

export const personOf = (given: Partial<Person>): Person => ({ ...alice, ...given })

const alice: Person = { email: accounts.alice, password: accountPassword, decision: 'Allow' }

/**
 * Walks sign-in and consent of any provider of the lab as a person would, and resolves when the browser has loaded the
 * page that the provider sent it to.
 * @param url the authorization request
 * @param provider pages of its origin are the provider's
 */
export async function signIn(
  page: Page,
  url: string,
  provider: Pick<IdentityProvider, 'issuer'> & Partial<Pick<IdentityProvider, 'kind'>>,
  person: Partial<Person> = {},
): Promise<void> {
  const who = personOf(person)
  await page.goto(url)
  const { origin } = new URL(provider.issuer)
  const answer = provider.kind === 'glewlwyd' ? answerGlewlwyd : answerPage
  while (new URL(page.url()).origin === origin) {
    await Promise.all([page.waitForEvent('framenavigated'), answer(page, who)])
    await page.waitForLoadState()
  }
}

/** One of the lab's own pages. */
export async function answerPage(page: Page, who: Person): Promise<void> {
  const title = await page.getByRole('heading', { level: 1 }).innerText()
  if (title === 'Sign in') {
    await page.getByLabel('E-mail').fill(who.email)
    await page.getByLabel('Password').fill(who.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  } else if (title === 'Allow access') {
    for (const box of await page.getByRole('checkbox').all())
      await box.setChecked(!who.scopes || who.scopes.includes(await box.inputValue()))
    await page.getByRole('button', { name: who.decision }).click()
  } else {
    throw new Error(`The provider shows: ${await page.locator('body').innerText()}`)
  }
}
