import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Output } from '../../preload/contract/index.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { type Desktop, type MenuNode, startDesktop } from '../harness/electron/desktop.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { startSystemBrowser } from '../harness/xdg-open/index.ts'

/** What the page's own scripts could reach. */
interface PageWorld {
  warder: {
    call(channel: string, input: unknown): Promise<{ output?: unknown; error?: unknown }>
    on(event: string, listener: (payload: unknown) => void): () => void
  }
  compromised(channel: string, args: unknown[]): Promise<unknown>
}

let keyring: Keyring
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
})
afterAll(() => keyring[Symbol.asyncDispose]())

describe('the window', () => {
  let home: TestHome
  let desktop: Desktop
  beforeAll(async () => {
    home = await testHome()
    desktop = startDesktop({ home: home.path, env: keyring.env })
    await desktop.page()
  })
  afterAll(async () => {
    await desktop[Symbol.asyncDispose]()
    await home[Symbol.asyncDispose]()
  })

  it('opens with the built page, which reaches the companion', async () => {
    const page = await desktop.page()
    await page.getByRole('heading', { level: 1 }).waitFor()
    const reply = await page.evaluate(() =>
      (globalThis as unknown as PageWorld).warder.call('status:get', {}),
    )
    expect(reply).toMatchObject({ output: { shell: 'desktop', vault: { kind: 'keychain' } } })
  })

  it('carries an error of the companion with its code', async () => {
    const page = await desktop.page()
    const replies = await page.evaluate(() => {
      const { warder } = globalThis as unknown as PageWorld
      return Promise.all([
        warder.call('servers:remove', { name: 'nobody' }),
        warder.call('servers:remove', { nome: 'nobody' }),
        warder.call('no:channel', {}),
      ])
    })
    expect(replies).toMatchObject([
      { error: { code: 'server.unknown' } },
      { error: { code: 'usage.invalid' } },
      { error: { code: 'usage.unknown_channel' } },
    ])
  })

  it('gives the page its two functions and nothing of Node or Electron', async () => {
    const page = await desktop.page()
    const seen = await page.evaluate(() => ({
      warder: Object.keys((globalThis as unknown as PageWorld).warder),
      leaked: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter(
        (name) => name in globalThis,
      ),
      frozen: Object.isFrozen((globalThis as unknown as PageWorld).warder),
    }))
    expect(seen).toEqual({ warder: ['call', 'on'], leaked: [], frozen: true })
  })

  it('runs no text as script, takes no inline style and reaches no network', async () => {
    const page = await desktop.page()
    const blocked = await page.evaluate(async () => {
      const { promise, resolve } = Promise.withResolvers<string[]>()
      const directives: string[] = []
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        directives.push(effectiveDirective)
        if (directives.length === 4) resolve(directives.sort())
      })
      const element = document.createElement('div')
      element.setAttribute('style', 'color: red')
      new Image().src = 'https://elsewhere.example/pixel.png'
      fetch('https://elsewhere.example/').catch(() => undefined)
      try {
        element.innerHTML = '<img src=x onerror="globalThis.ran = true">'
      } catch {}
      return { directives: await promise, ran: 'ran' in globalThis }
    })
    expect(blocked).toEqual({
      directives: ['connect-src', 'img-src', 'require-trusted-types-for', 'style-src-attr'],
      ran: false,
    })
  })

  it('neither opens windows nor leaves its page nor gets a permission', async () => {
    const page = await desktop.page()
    await page.evaluate(() => void window.open('https://elsewhere.example/'))
    await desktop.until('window.open is denied', ({ denied }) => denied.includes('open'))
    await page.evaluate(() => {
      location.href = 'https://elsewhere.example/'
    })
    await desktop.until('navigation is denied', ({ denied }) =>
      denied.includes('navigate https://elsewhere.example/'),
    )
    expect(page.context().pages()).toHaveLength(1)
    expect(await desktop.permissions()).toEqual({ request: false, check: false, device: false })
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(page.url()).toBe('https://warder.app.test/')
  })

  it('refuses a frame that has got hold of IPC', async () => {
    const page = await desktop.page()
    const answer = await page.evaluate(() => {
      const frame = document.createElement('iframe')
      document.body.append(frame)
      return (frame.contentWindow as unknown as PageWorld).compromised('servers:list', [{}])
    })
    expect(answer).toEqual({
      error: { code: 'control.unauthorized', message: expect.any(String) },
    })
  })

  it('is hidden and not ended by closing, and shown by a second launch', async () => {
    await desktop.closeWindow()
    await desktop.until('hidden', ({ windows }) => windows[0]?.visible === false)
    await using second = startDesktop({ home: home.path, env: keyring.env })
    expect(await second.ended).toBe(0)
    await desktop.until('shown', ({ windows }) => windows[0]?.visible === true)
  })

  it('is shown by `warder ui`', async () => {
    const page = await desktop.page()
    await desktop.closeWindow()
    await desktop.until('hidden', ({ windows }) => windows[0]?.visible === false)
    const reply = await page.evaluate(() =>
      (globalThis as unknown as PageWorld).warder.call('ui:open', { browser: false }),
    )
    expect(reply).toEqual({ output: { url: null, file: null } })
    expect(desktop.now().windows).toMatchObject([{ visible: true }])
  })
})

describe('the tray', () => {
  it('signs in, mends a grant that died, and revokes at a real provider, asking first', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    await using system = await startSystemBrowser()
    await using browser = await launchBrowser()
    await using home = await testHome()
    await using desktop = startDesktop({
      home: home.path,
      env: { ...keyring.env, ...system.env },
      args: ['--background'],
    })
    await desktop.until('the tray', ({ tray }) => tray !== null)
    expect(desktop.now().windows).toEqual([])
    await desktop.click('Open Warder')
    const page = await desktop.page()
    const added = await page.evaluate(async (url) => {
      const { warder } = globalThis as unknown as PageWorld
      const { promise: event, resolve } = Promise.withResolvers<unknown>()
      const end = warder.on('state:changed', resolve)
      const reply = await warder.call('servers:add', { name: 'notes', definition: { url } })
      const heard = await event
      end()
      return { reply, heard }
    }, server.url)
    expect(added).toMatchObject({
      reply: { output: { name: 'notes' } },
      heard: { area: expect.any(String) },
    })
    await desktop.until('the server is in the tray', ({ tray }) => has(tray?.menu, 'notes'))

    await desktop.click('Sign in to notes…')
    const question = await desktop.answer('Open browser')
    expect(question.defaultId).toBe(question.buttons.indexOf('Cancel'))
    expect(question.detail).toContain(`Issuer: ${provider.issuer}`)
    expect(question.detail).toContain('mcp:read')
    await signIn(await browser.newPage(), await system.next(), provider)
    await desktop.until(
      'the account is there',
      ({ tray }) =>
        has(tray?.menu, 'notes', 'Revoke…') && tray?.image.endsWith('tray-ready.png') === true,
    )

    const adding = page.evaluate(() =>
      (globalThis as unknown as PageWorld).warder.call('clients:add', { name: 'desk' }),
    )
    await desktop.answer('Allow')
    const { bearer, http } = ((await adding) as { output: Output<'clients:add'> }).output
    const client = new Client({ name: 'a client', version: '1' })
    const headers = { authorization: `Bearer ${bearer}` }
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${http}/mcp/notes`), {
        requestInit: { headers },
      }) as Parameters<Client['connect']>[0],
    )
    await endAtProvider(provider, page)
    const waiting = client.callTool({ name: 'echo', arguments: { message: 'hello' } })
    await desktop.until('attention', ({ tray }) => tray?.image.endsWith('attention.png') === true)
    await desktop.notification('Sign-in needed', 'Sign in…')
    await desktop.answer('Open browser')
    await signIn(await browser.newPage(), await system.next(), provider)
    await desktop.until(
      'it is mended',
      ({ tray }) =>
        tray?.image.endsWith('tray-ready.png') === true && !has(tray.menu, 'Sign in to notes…'),
    )
    // The call that met the dead grant has waited for that.
    expect(await waiting).toMatchObject({ content: [{ text: 'Echo: hello' }] })
    await client.close()
    await desktop.click('notes', 'Connect…')
    await desktop.answer('Cancel')

    await desktop.click('notes', 'Revoke…')
    await desktop.answer('Revoke')
    const told = await desktop.until('the receipt', ({ notifications }) =>
      notifications.some(({ title }) => title.includes('revoked')),
    )
    expect(told.notifications.map(({ title }) => title)).toContain('Connected')
    expect(has(desktop.now().tray?.menu, 'notes', 'Revoke…')).toBe(false)

    await desktop.click('Quit Warder')
    expect(await desktop.ended).toBe(0)
  })
})

describe('the start', () => {
  it('ends in words when the home cannot be made', async () => {
    await using desktop = startDesktop({ home: '/dev/null/warder', env: { HOME: '/tmp' } })
    expect(await desktop.ended).toBe(1)
    expect(desktop.now().errors.join()).toContain('cannot be created')
  })

  it('ends in words when another companion holds the home', async () => {
    await using home = await testHome()
    await using first = startDesktop({ home: home.path, env: keyring.env, args: ['--background'] })
    await first.until('the tray', ({ tray }) => tray !== null)
    // Another user data directory, so that only the lock of the home stands in the way.
    await using second = startDesktop({
      home: home.path,
      env: keyring.env,
      args: ['--background'],
      ignoresInstanceLock: true,
    })
    expect(await second.ended).toBe(1)
    expect(second.now().errors.join()).toContain('Warder cannot start')
  })
})

/** Ends the grant at the provider, as a person or an administrator does on its own pages. */
async function endAtProvider(provider: IdentityProvider, page: Page): Promise<void> {
  const listed = (await page.evaluate(() =>
    (globalThis as unknown as PageWorld).warder.call('accounts:list', {}),
  )) as { output: { clientId: string }[] }
  const token = (await provider.secrets()).findLast(({ name }) => name === 'refresh_token')
  const answer = await fetch(`${provider.issuer}/token/revocation`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: listed.output[0]?.clientId ?? '',
      token: token?.value ?? '',
    }),
  })
  expect(answer.status).toBe(200)
}

function has(menu: readonly MenuNode[] | undefined, ...labels: readonly string[]): boolean {
  const [label, ...deeper] = labels
  if (label === undefined) return true
  const node = menu?.find((candidate) => candidate.label === label)
  return node !== undefined && has(node.items, ...deeper)
}
