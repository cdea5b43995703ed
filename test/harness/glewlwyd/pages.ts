import type { Page } from 'playwright'
import type { Person } from '../chromium.ts'

/** Walks its one page, which loads nothing new until a person continues to the client. */
export async function answerGlewlwyd(page: Page, who: Person): Promise<void> {
  const login = page.locator('#passwordForm')
  const consent = page.getByRole('button', { name: 'Grant access' })
  const onward = page.getByRole('button', { name: 'Continue' })
  await login.or(consent).or(onward).first().waitFor()
  if (await login.isVisible()) {
    await page.getByLabel('Login').fill(who.email)
    await page.getByLabel('Password').fill(who.password)
    await page.getByRole('button', { name: 'OK' }).click()
    await onward.waitFor()
  }
  if (await consent.isVisible()) await grant(page, who)
  await onward.click()
}

/** Its page of codes asks for nothing else. */
export async function typeCodeAtGlewlwyd(page: Page, code: string): Promise<void> {
  await page.getByRole('textbox').fill(code)
  await page.getByRole('button', { name: 'OK' }).click()
}

async function grant(page: Page, who: Person): Promise<void> {
  // `openid` has no choice and no name.
  for (const box of await page.locator('input[id^="grant-"]').all()) {
    const scope = (await box.getAttribute('id'))?.slice('grant-'.length) ?? ''
    await box.setChecked(!who.scopes || who.scopes.includes(scope))
  }
  await page.getByRole('button', { name: 'Grant access' }).click()
}
