import { describe, expect, it } from 'vitest'
import {
  button,
  card,
  companion,
  complaints,
  confirm,
  eventually,
  heading,
  heard,
  open,
  page,
  servePage,
} from './page-fixture.ts'

servePage()

describe('the doctor’s page', () => {
  it('shows what is wrong, moves servers with a person’s word, and puts them back', async () => {
    await open('Doctor')
    const secret = card('doctor.secret_in_env cursor, notes, environment variable NOTES_TOKEN')
    await secret.getByText('Serious', { exact: true }).waitFor()
    // What nobody sees is shown.
    await heading('zed, gone\\u{202e}, command').waitFor()

    await button('Mend what Warder can').click()
    await confirm().click()
    await heading('Moved into Warder').waitFor()
    await secret.waitFor({ state: 'detached' })
    expect(heard('adoptions:adopt')).toEqual([
      { dryRun: false },
      { dryRun: false, confirm: 'challenge-1' },
    ])
    expect(await button('Mend what Warder can').count()).toBe(0)

    await button('Put everything back').click()
    await confirm().click()
    await page.getByText('The clients’ files are as they were.').waitFor()
    expect(complaints).toEqual([])
  })

  it('says so where nothing is wrong, and looks again', async () => {
    companion.world.findings = []
    await open('Doctor')
    await heading('Nothing is wrong').waitFor()
    const before = heard('doctor:look').length
    await button('Look again').click()
    await eventually(() => heard('doctor:look').length).toBe(before + 1)
  })
})
