import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerPage } from '../../main/desktop/page.ts'
import { readUiFiles } from '../../main/headless/ui-files.ts'

const files = {
  page: () => '<!doctype html>',
  vault: '<!doctype html><title>vault',
  find: (target: string) =>
    target === '/assets/index.js'
      ? { type: 'text/javascript; charset=utf-8', body: Buffer.from('void 0') }
      : undefined,
}
const get = (url: string, method = 'GET') => answerPage(files, { url, method })

describe('answerPage', () => {
  it('serves the page and its files with their types', async () => {
    const page = get('app://warder/?theme=dark#servers')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).toBe('<!doctype html>')
    expect(await get('app://warder/assets/index.js').text()).toBe('void 0')
    expect(await get('app://vault/').text()).toContain('<title>vault')
  })

  it.each([
    ['another host', 'app://other/', 'GET'],
    ['a host that begins like the other one', 'app://vault.evil.example/', 'GET'],
    ['a host that begins like ours', 'app://warder.evil.example/', 'GET'],
    ['another scheme', 'https://warder/', 'GET'],
    ['a file that was not built', 'app://warder/assets/index.js.map', 'GET'],
    ['a path out of the folder', 'app://warder/%2e%2e/main/index.js', 'GET'],
    ['another method', 'app://warder/', 'POST'],
  ])('answers 404 to %s', (_what, url, method) => {
    expect(get(url, method).status).toBe(404)
  })

  it.each(['app://warder/', 'app://warder/assets/index.js', 'app://warder/none', 'app://vault/'])(
    'locks %s down',
    (url) => {
      const policy = get(url).headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(policy).not.toMatch(/[a-z]+-src [^;]*(?:\*|https?:|data:|blob:)/)
      expect(get(url).headers.get('x-content-type-options')).toBe('nosniff')
    },
  )
})

describe('the files that were built', () => {
  it.each([
    '../main/index.js',
    '%2e%2e/main/index.js',
    '..%2fmain%2findex.js',
    '%2e%2e%2fmain%2findex.js',
    '..%5cmain%5cindex.js',
    '..\\main\\index.js',
    '....//main/index.js',
    'assets/../../main/index.js',
    '%252e%252e/main/index.js',
    '/etc/passwd',
    '//etc/passwd',
    'file:///etc/passwd',
    'index.html%00.js',
    'assets/',
    '.',
    '__proto__',
    'constructor',
  ])('lead to no other file: %s', async (target) => {
    const built = await readUiFiles(path.join(import.meta.dirname, '../../dist/renderer'))
    const { status } = answerPage(built, { url: `app://warder/${target}`, method: 'GET' })
    // What the parser of URLs makes the root of is the page.
    expect(status).toBe(new URL(`app://warder/${target}`).pathname === '/' ? 200 : 404)
  })
})
