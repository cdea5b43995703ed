import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountView, ReceiptView } from '../../preload/contract/index.ts'
import { type Running, startBuilt } from '../cli/warder.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { typeCode } from '../harness/device-page.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { echo } from './support/calls.ts'
import { CLIENT, openStage, REMOTE, type Stage } from './support/stage.ts'

/** The person's browser is on another machine: by a code, or by the address that it ended at. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

const abroad = (deviceCodeTtl: number) =>
  openStage({
    chromium,
    provider: startOidcProvider({ deviceCodeTtl }),
    // So that a restart keeps the grant, and has to renew.
    vault: 'file',
    passphrase: 'away from home',
  })

const connect = ({ home }: Stage, how: string) =>
  startBuilt(['--home', home, 'connect', REMOTE, how])

async function shownBy(running: Running) {
  await running.seen('stdout', /\n.+\n/)
  const [page = '', code = ''] = running.stdout().split('\n')
  return { page, code }
}

describe('warder connect --device', () => {
  it('ends with a grant that calls, rotates and is revoked with proof', {
    timeout: 120_000,
  }, async () => {
    await using stage = await abroad(600)
    const { warder, provider } = stage
    const running = connect(stage, '--device')
    const shown = await shownBy(running)
    expect(shown.page).toBe(`${provider.issuer}/device`)
    const last = await typeCode(chromium, shown, provider, { email: accounts.bob })
    expect(last).toContain('Device connected')
    const done = await running.finished
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('You sign in at')])
    expect(done.stdout).toContain(`Connected ${REMOTE}/${accounts.bob}`)
    expect(stage.system.opened).toEqual([])

    const client = await warder.client(CLIENT, REMOTE)
    expect(await echo(client, 'over there')).toContain('over there')
    await stage.restart()
    const again = await stage.warder.client(CLIENT, REMOTE)
    expect(await echo(again, 'after that')).toContain('after that')
    const asked = (await provider.requests()).filter(({ path }) => path.endsWith('/token'))
    expect(asked.filter(({ status }) => status === 200).map(({ body }) => body.grant_type)).toEqual(
      ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    )
    const [receipt] = await stage.warder.ok<ReceiptView[]>(['revoke', `${REMOTE}/${accounts.bob}`])
    expect(receipt).toMatchObject({ state: 'proven', remains: null })
  })

  it('ends with the refusal of a person who does not know the code', async () => {
    await using stage = await abroad(600)
    const running = connect(stage, '--device')
    const last = await typeCode(chromium, await shownBy(running), stage.provider, {
      recognises: false,
    })
    expect(last).toContain('The device was not connected.')
    const done = await running.finished
    expect(done.code).not.toBe(0)
    expect(done.stderr).toContain('The sign-in was refused at the provider.')
    expect(await stage.warder.ok<AccountView[]>(['accounts'])).toEqual([])
  })

  it('ends when the code is over, and the page takes it no more', async () => {
    await using stage = await abroad(1)
    const running = connect(stage, '--device')
    const shown = await shownBy(running)
    const done = await running.finished
    expect(done.code).not.toBe(0)
    expect(done.stderr).toContain('The code was not used in time.')
    expect(await typeCode(chromium, shown, stage.provider)).toContain('That code is not good.')
    expect(await stage.warder.ok<AccountView[]>(['accounts'])).toEqual([])
  })
})

/** On that machine nobody listens at the redirect URI: its browser ends at an error, with the address in its bar. */
async function walkAbroad(url: string, { provider }: Stage): Promise<string> {
  const redirect = new URL(url).searchParams.get('redirect_uri') ?? ''
  const browser = await launchBrowser(new URL(provider.issuer).host)
  try {
    const page = await browser.newPage()
    const ended = page.waitForEvent('requestfailed', (request) =>
      request.url().startsWith(redirect),
    )
    // The walk itself ends at that error.
    signIn(page, url, provider).catch(() => undefined)
    return (await ended).url()
  } finally {
    await browser.close()
  }
}

describe('warder connect --no-browser', () => {
  it('takes the address that a browser elsewhere ended at, after any number of wrong ones', {
    timeout: 120_000,
  }, async () => {
    await using stage = await abroad(600)
    const running = startBuilt(['--home', stage.home, 'connect', REMOTE, '--no-browser'], {
      terminal: true,
    })
    await running.seen('stdout', /paste it here and press Enter/)
    const [link = ''] = /http:\S+\/auth\?\S+/.exec(running.stdout()) ?? []
    const address = await walkAbroad(link, stage)
    // Nothing of that came here.
    expect(await stage.warder.ok<AccountView[]>(['accounts'])).toEqual([])
    const state = new URL(address).searchParams.get('state') ?? ''
    for (const [wrong, told] of [
      [new URL(address).searchParams.get('code') ?? '', /only a part of the address/],
      [link, /the link to sign in with/],
      [address.replace(state, 'another'), /answer to another sign-in/],
      [address.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'), /another identity provider/],
    ] as const) {
      running.child.stdin?.write(`${wrong}\r`)
      await running.seen('stdout', told)
    }
    expect(await stage.warder.ok<AccountView[]>(['accounts'])).toEqual([])
    running.child.stdin?.write(`${address}\r`)
    const done = await running.finished
    expect(done.stdout).toContain(`Connected ${REMOTE}/${accounts.alice}`)
    expect(done.code).toBe(0)
    expect(done.stdout).not.toContain(new URL(address).searchParams.get('code'))
    const client = await stage.warder.client(CLIENT, REMOTE)
    expect(await echo(client, 'over there')).toContain('over there')
  })
})
