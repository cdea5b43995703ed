import { expect, it } from 'vitest'
import { openCallback } from '../../../main/oauth/callback.ts'
import { freshPlace } from '../../../main/oauth/redirect-uri.ts'

/** The page of the callback reflects nothing, runs nothing, and is kept nowhere (CVE-2025-62800). */

const canary = '<img src=x onerror=canary>'
const expected = { state: 'the-state', issuer: 'https://a.example', issAdvertised: false }

async function ask(query: Record<string, string>, path = '') {
  const listener = await openCallback(freshPlace('https://a.example'), Date.now)
  const waiting = listener.wait(expected, Date.now() + 60_000).catch(() => undefined)
  const page = await fetch(`${listener.redirectUri}${path}?${new URLSearchParams(query)}`)
  const text = await page.text()
  listener.cancel()
  await waiting
  return { page, text }
}

const every: [string, Record<string, string>, string?][] = [
  ['a genuine code', { code: canary, state: 'the-state' }],
  ['a genuine error', { error: canary, error_description: canary, state: 'the-state' }],
  ['a forged state', { code: 'c', state: canary }],
  ['another issuer', { code: 'c', state: 'the-state', iss: canary }],
  ['another path', { code: 'c', state: 'the-state' }, `/${encodeURIComponent(canary)}`],
  ['nothing', { [canary]: canary }],
]

it.each(every)('reflects nothing of %s', async (_what, query, path) => {
  const { text } = await ask(query, path)
  expect(text).not.toContain('canary')
  expect(text).not.toMatch(/<script|<img|http-equiv|href=/i)
})

it.each(every)('cannot be framed, cached, sniffed, scripted or read after %s', async (...one) => {
  const [, query, path] = one
  const { page } = await ask(query, path)
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    connection: 'close',
  })
  expect(page.headers.has('access-control-allow-origin')).toBe(false)
})
