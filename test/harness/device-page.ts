import type { Browser, Page } from 'playwright'
import { answerPage, type Person, personOf } from './chromium.ts'
import { answerGlewlwyd, typeCodeAtGlewlwyd } from './glewlwyd/pages.ts'
import type { IdentityProvider } from './identity-provider/types.ts'

/** What a sign-in by code shows a person (RFC 8628 §3.3). */
export interface Shown {
  readonly page: string
  readonly code: string
}

/** What the person does there; `Not mine` at the page that repeats the code. */
export interface DevicePerson extends Partial<Person> {
  readonly recognises?: boolean
}

/**
 * A person at another device opens the page, types the code and walks to the provider's last page.
 * @returns what that page says
 */
export async function typeCode(
  chromium: Browser,
  { page: url, code }: Shown,
  { kind }: Pick<IdentityProvider, 'kind'>,
  { recognises = true, ...given }: DevicePerson = {},
): Promise<string> {
  const device = await chromium.newContext()
  const who = personOf(given)
  try {
    const page = await device.newPage()
    await page.goto(url)
    if (kind === 'glewlwyd') return await atGlewlwyd(page, code, who)
    await page.getByRole('textbox').fill(code)
    await proceed(page, 'Continue')
    if (!(await said(page)).includes('Confirm the device')) return await said(page)
    await proceed(page, recognises ? 'Continue' : 'This is not mine')
    while (/^(Sign in|Allow access)/.test(await said(page)))
      await loaded(page, () => answerPage(page, who))
    return await said(page)
  } finally {
    await device.close()
  }
}

/** It repeats no code; its one page loads nothing new until the person has decided. */
async function atGlewlwyd(page: Page, code: string, who: Person): Promise<string> {
  await loaded(page, () => typeCodeAtGlewlwyd(page, code))
  await loaded(page, () => answerGlewlwyd(page, who))
  await page.getByRole('heading', { name: 'Device Authorization' }).waitFor()
  return said(page)
}

const said = (page: Page) => page.innerText('body')
const proceed = (page: Page, button: string) =>
  loaded(page, () => page.getByRole('button', { name: button }).click())

async function loaded(page: Page, act: () => Promise<void>): Promise<void> {
  await Promise.all([page.waitForEvent('framenavigated'), act()])
  await page.waitForLoadState()
}
