import { describe, expect, it } from 'vitest'
import {
  browser,
  button,
  card,
  companion,
  complaints,
  context,
  eventually,
  goTo,
  heading,
  open,
  page,
  pageNames,
  servePage,
  ui,
} from './page-fixture.ts'

servePage()

describe('signing in', () => {
  it('shows how to get in to whoever opens the address', async () => {
    await page.goto(ui.url)
    await expect(page.getByRole('main').innerText()).resolves.toContain(
      'Open this window with warder ui',
    )
    expect(companion.heard).toEqual([])
  })

  it('goes from the file to the page by itself, and survives a reload', async () => {
    await open()
    expect(page.url()).toBe(`${ui.url}/`)
    await page.reload()
    await heading('Overview').waitFor()
    expect(complaints).toEqual([])
  })

  it('works by the button where the file may not run its script', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const first = await plain.newPage()
    await first.goto((await ui.login()).url)
    const [answer] = await Promise.all([
      first.waitForResponse(`${ui.url}/login`),
      first.getByRole('button', { name: 'Open Warder' }).click(),
    ])
    expect(answer.status()).toBe(200)
    await plain.close()
  })

  it('leaves the bearer in no URL, no element, no cookie and no other tab', async () => {
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))
    await open('Servers')
    const bearer = await page.evaluate(() => sessionStorage.getItem('warder-session'))
    expect(bearer).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(urls.filter((url) => url.includes(bearer ?? ''))).toEqual([])
    expect(await page.content()).not.toContain(bearer)
    expect(await page.locator('meta[name="warder-session"]').count()).toBe(0)
    expect(await context.cookies()).toEqual([])
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])

    const other = await context.newPage()
    await other.goto(ui.url)
    await other.getByRole('heading', { name: 'This window is not signed in' }).waitFor()
  })

  it('does not sign in again when somebody goes back', async () => {
    await open()
    await page.goBack()
    expect(page.url()).toBe('about:blank')
  })

  it('sees when the session ends', async () => {
    await open()
    const port = new URL(ui.url).port
    await page.evaluate(() => sessionStorage.setItem('warder-session', 'A'.repeat(43)))
    await page.reload()
    await heading('This window is not signed in').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
    expect(new URL(page.url()).port).toBe(port)
  })
})

describe('the content security policy', () => {
  it('runs no inline script, no inline style and no attribute handler', async () => {
    await open()
    const outcome = await page.evaluate(() => {
      const isRefused = (act: () => unknown) => {
        try {
          act()
          return false
        } catch (error) {
          return error instanceof TypeError
        }
      }
      const script = document.createElement('script')
      const text = isRefused(() => {
        script.textContent = 'window.intruder = true'
      })
      const html = isRefused(() => document.body.insertAdjacentHTML('beforeend', '<b>bold</b>'))
      // Past what takes no text as code (Trusted Types), the policy of scripts and styles stands by itself.
      script.append('window.intruder = true')
      const style = document.createElement('style')
      style.textContent = 'body { opacity: 0.5 }'
      const handler = document.createElement('button')
      isRefused(() => handler.setAttribute('onclick', 'window.intruder = true'))
      const styled = document.createElement('i')
      styled.setAttribute('style', 'opacity:0.5')
      document.body.append(script, style, handler, styled)
      handler.click()
      return {
        refused: { text, html },
        intruder: 'intruder' in window,
        body: getComputedStyle(document.body).opacity,
        styled: getComputedStyle(styled).opacity,
      }
    })
    const refused = { text: true, html: true }
    expect(outcome).toEqual({ refused, intruder: false, body: '1', styled: '1' })
  })

  it('evaluates no text and talks to nobody else', async () => {
    await open()
    // A timer of the page's own, since what the debugger evaluates is not under the policy.
    const outcome = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const blocked: string[] = []
          document.addEventListener('securitypolicyviolation', (event) => {
            blocked.push(event.effectiveDirective)
            if (blocked.length === 3) resolve(blocked.toSorted())
          })
          try {
            setTimeout('window.intruder = true')
          } catch {
            // It is told of as a violation as well.
          }
          void fetch('http://127.0.0.1:9/').catch(() => undefined)
          new Image().src = 'http://127.0.0.1:9/x.png'
        }),
    )
    expect(outcome).toEqual(['connect-src', 'img-src', 'require-trusted-types-for'])
    expect(await page.evaluate(() => 'intruder' in window)).toBe(false)
  })

  it('lets no other page frame it', async () => {
    const outer = await context.newPage()
    const [answer] = await Promise.all([
      outer.waitForResponse(`${ui.url}/`),
      outer.setContent(`<iframe src="${ui.url}/"></iframe>`),
    ])
    expect(answer.status()).toBe(403)
  })

  it('is never broken by the page itself', async () => {
    await open('Servers')
    // Styles that scripts set on elements are allowed; what the policy forbids is complained of.
    for (const name of pageNames) await goTo(name)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search or do' }).fill('server')
    await page.getByRole('option', { name: 'Add a server' }).waitFor()
    await page.keyboard.press('Escape')
    expect(complaints).toEqual([])
  })
})

describe('when the companion stops', () => {
  it('keeps what is on the screen and says that it may be old', async () => {
    await open('Servers')
    await ui.close()
    await page.getByText('Warder does not answer').waitFor()
    await card('linear').waitFor()
  })
})

describe('the keyboard', () => {
  it('reaches everything, with the focus in sight', async () => {
    await open()
    await page.keyboard.press('Tab')
    expect(
      await button('Skip to the page').evaluate((each) => each === document.activeElement),
    ).toBe(true)
    const names: string[] = []
    for (let at = 0; at < 11; at += 1) {
      await page.keyboard.press('Tab')
      const focused = page.locator(':focus')
      const outline = await focused.evaluate((each) => getComputedStyle(each).outlineStyle)
      expect(outline).toBe('solid')
      names.push((await focused.innerText()).split('\n')[0] ?? '')
    }
    expect(names.slice(0, 10)).toEqual(['Search or do', ...pageNames])
    await page.getByRole('link', { name: 'Activity', exact: true }).press('Enter')
    await heading('Activity').waitFor()
    await eventually(() => page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')
  })
})
