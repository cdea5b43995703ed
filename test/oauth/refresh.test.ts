import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBetterAuth } from '../harness/better-auth/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { refreshTokens, renewOften, signedInAt } from './support/rotations.ts'

/** Renewal at authorization servers that rotate refresh tokens and end the grant when one is used again. */

const MINUTE = 60_000
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

it.each([
  ['oidc-provider', startOidcProvider],
  ['better-auth', startBetterAuth],
])('renews 50 times at %s', (_name, start) => renewOften(browser, () => start(), 50))

it('renews 20 times at glewlwyd', async ({ skip }) => {
  skip(glewlwydMissing !== undefined, glewlwydMissing)
  await renewOften(browser, () => startGlewlwyd(), 20)
})

describe('oidc-provider', () => {
  it('sees one renewal for 20 callers on an expired token', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    await using house = await signedInAt(browser, provider, server.url)
    house.time.now += 120 * MINUTE
    const callers = Array.from({ length: 20 }, () => house.grants.accessToken('notes'))
    expect(new Set((await Promise.all(callers)).map(({ value }) => value)).size).toBe(1)
    expect(refreshTokens(await provider.requests())).toHaveLength(1)
  })

  it.each(['unavailable', 'offline'] as const)(
    'is %s for ten minutes, and the grant goes on after it',
    async (condition) => {
      await using provider = await startOidcProvider()
      await using server = await startResourceServer(provider)
      await using house = await signedInAt(browser, provider, server.url)
      house.time.now += 120 * MINUTE
      await provider.setCondition(condition)
      for (let minute = 0; minute < 10; minute++) {
        const down = house.grants.accessToken('notes')
        await expect(down).rejects.toMatchObject({ code: 'oauth.provider_unavailable' })
        house.time.now += MINUTE
      }
      await provider.setCondition('normal')
      house.time.now += 10 * MINUTE
      await house.grants.accessToken('notes')
      const [renewed, failed] = house.grants.history('notes/alice@example.test', 2).entries
      expect(renewed).toMatchObject({ outcome: 'renewed', rotated: true })
      expect(failed).toMatchObject({
        outcome: 'unavailable',
        status: condition === 'unavailable' ? 503 : null,
      })
    },
  )

  it('never sees a token of one home from another', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    await using one = await signedInAt(browser, provider, server.url)
    await using other = await signedInAt(browser, provider, server.url)
    for (let count = 0; count < 5; count++) {
      for (const house of [one, other]) house.time.now += 120 * MINUTE
      await Promise.all([one, other].map((house) => house.grants.accessToken('notes')))
    }
    const used = refreshTokens(await provider.requests())
    expect(used).toHaveLength(10)
    expect(new Set(used).size).toBe(10)
  })
})
