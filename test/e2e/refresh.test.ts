import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../harness/chromium.ts'
import { digest } from '../harness/identity-provider/journal.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { startKeyring } from '../harness/keyring.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { followAudit } from './support/audit.ts'
import { echo } from './support/calls.ts'
import { CLIENT, openStage, REMOTE } from './support/stage.ts'

/** Tokens come and go at the provider; a client sees none of it until a person is needed. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

const refreshes = async (provider: IdentityProvider) =>
  (await provider.requests()).filter(
    ({ path, body }) => path === '/token' && body.grant_type === 'refresh_token',
  )

describe('a short-lived token', () => {
  it('is renewed ahead of its end, once for all who call meanwhile', async () => {
    await using stage = await openStage({
      chromium,
      provider: startOidcProvider({ accessTokenTtl: 10 }),
    })
    const { provider, remote } = stage
    await stage.connect()
    await using audit = followAudit(stage.warder)
    const client = await stage.warder.client(CLIENT, REMOTE)

    // The provider keeps its answer back: the call that comes close to the end waits, and so do those behind it.
    await provider.setCondition('hold', ['/token'])
    const renewing = provider.arrived('/token', 2)
    const first = await callUntil(renewing, () => echo(client))
    const others = Array.from({ length: 19 }, (_, at) => echo(client, `behind ${at}`))
    const isIntent = ({ target, phase }: { target: string | null; phase: string }) =>
      target === 'echo' && phase === 'intent'
    await audit.until(isIntent, first.calls + others.length)
    expect(await refreshes(provider)).toHaveLength(1)

    await provider.setCondition('normal')
    expect(await first.last).toContain('hello')
    expect(await Promise.all(others)).toEqual(others.map((_, at) => `Echo: behind ${at}`))
    expect((await refreshes(provider)).map(({ status }) => status)).toEqual([200])
    // No call ever met the end of its token.
    const refused = remote.seen.filter(({ bearer, status }) => bearer !== null && status === 401)
    expect(refused).toEqual([])
  })

  /** Calls again and again, until a call waits for what is given. */
  async function callUntil(done: Promise<void>, call: () => Promise<string>) {
    const isDone = done.then(() => true)
    for (let calls = 1; ; calls++) {
      const last = call()
      if (await Promise.race([isDone, last.then(() => false)])) return { calls, last }
    }
  }
})

describe('a rotated refresh token', () => {
  it('is in the keyring before it is needed: restarts and a crash in between lose nothing', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using stage = await openStage({ chromium, vault: 'keychain', env: keyring.env })
    await stage.connect()
    for (const end of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
      await stage.warder.stop(end)
      await stage.restart()
      const client = await stage.warder.client(CLIENT, REMOTE)
      expect(await echo(client)).toContain('hello')
    }

    const issued = (await stage.provider.secrets()).filter(({ name }) => name === 'refresh_token')
    const [first, second, third, fourth] = issued.map(({ value }) => digest(value))
    expect(fourth).toBeDefined()
    const sent = (await refreshes(stage.provider)).map(({ body, status }) => [
      body.refresh_token,
      status,
    ])
    expect(sent).toEqual([first, second, third].map((token) => [token, 200]))
    expect(stage.system.opened).toHaveLength(1)
  })
})
