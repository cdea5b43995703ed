import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBrowser, launcher } from '../../main/headless/browser.ts'
import { testHome } from '../harness/home.ts'
import { startSystemBrowser } from '../harness/xdg-open/index.ts'

const failed = expect.objectContaining({ code: 'oauth.browser_failed' })

describe('the browser of Linux', () => {
  it('gets one argument, byte for byte', async () => {
    await using system = await startSystemBrowser()
    const url =
      "https://idp.example/tenants('a')/x;v=2?a=%20&b=%24(id)&c=*!~`;&d=$(id)&e=%E2%9C%93|<>"
    await createBrowser({ ...system.env }, 'linux').open(url)
    expect(system.opened).toEqual([[url]])
  })

  it('is told nothing of our own environment but where the desktop is', async () => {
    await using home = await testHome()
    const seen = path.join(home.path, 'environment')
    await script(home.path, `env > '${seen}'`)
    const env = { PATH: `${home.path}:${process.env.PATH}`, DISPLAY: ':7', WARDER_SECRET: 'canary' }
    await createBrowser(env, 'linux').open('https://idp.example/')
    const environment = await readFile(seen, 'utf8')
    expect(environment).toContain('DISPLAY=:7')
    expect(environment).not.toContain('canary')
  })

  it('says so when it fails, or is not there', async () => {
    await using home = await testHome()
    const browser = createBrowser({ PATH: home.path }, 'linux')
    await expect(browser.open('https://idp.example/')).rejects.toEqual(failed)
    await script(home.path, 'exit 3')
    await expect(browser.open('https://idp.example/')).rejects.toEqual(failed)
    await script(home.path, 'kill -9 $$')
    await expect(browser.open('https://idp.example/')).rejects.toEqual(failed)
    await script(home.path, 'exit 0')
    await expect(browser.open('https://idp.example/')).resolves.toBeUndefined()
  })

  it.each([
    ...['-a Calculator', '--help', 'file:///etc/passwd', 'javascript:alert(1)', '/usr/bin/xcalc'],
    ...['https://', 'https://a b', 'https://a\nb', 'https://a\0b', 'https://a"b', ''],
  ])('never sees %j', async (url) => {
    await using system = await startSystemBrowser()
    await expect(createBrowser({ ...system.env }, 'linux').open(url)).rejects.toEqual(failed)
    expect(system.opened).toEqual([])
  })
})

describe('the launchers of the other systems', () => {
  it('are programs with full paths, the URL their last argument', () => {
    expect(launcher('darwin', {})).toEqual(['/usr/bin/open'])
    expect(launcher('win32', { SystemRoot: 'D:\\Windows' })).toEqual([
      'D:\\Windows\\System32\\rundll32.exe',
      'url.dll,FileProtocolHandler',
    ])
  })
})

async function script(directory: string, line: string): Promise<void> {
  const file = path.join(directory, 'xdg-open')
  await writeFile(file, `#!/bin/sh\n${line}\n`)
  await chmod(file, 0o755)
}
