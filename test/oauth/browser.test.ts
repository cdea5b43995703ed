import { expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { openInBrowser } from '../../main/oauth/browser.ts'

const page = { url: 'https://idp.example/authorize?x=1', host: 'idp.example' }

it('hands the checked URL to the browser, as it is, once', async () => {
  const opened: unknown[][] = []
  await openInBrowser({ open: async (...given) => void opened.push(given) }, page)
  expect(opened).toEqual([[page.url]])
})

it('says that the browser failed, and keeps the reason', async () => {
  const cause = new Error('spawn xdg-open ENOENT')
  await expect(openInBrowser({ open: () => Promise.reject(cause) }, page)).rejects.toMatchObject({
    code: 'oauth.browser_failed',
    message: 'The browser could not be opened.',
    cause,
  })
})

it('passes on what is said already', async () => {
  const error = new WarderError('net.url_refused', 'It is refused.')
  await expect(openInBrowser({ open: () => Promise.reject(error) }, page)).rejects.toBe(error)
})
