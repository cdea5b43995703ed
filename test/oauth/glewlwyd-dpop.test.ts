import type { Browser } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDialer } from '../../main/net/dialer.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { type House, openHouse, serverAt } from './support/house.ts'
import { refreshTokens } from './support/rotations.ts'
import { callThroughBridge } from './support/through-bridge.ts'

/** Tokens bound to a key (RFC 9449) at Debian's glewlwyd, which follows an early draft of it. */

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const bound = () => ({ dpop: { nonce: () => null, proofs: new Set<string>() } })

async function connect(house: House, provider: IdentityProvider, url: string) {
  const flow = await house.grants.connect(serverAt(url))
  const outcome = flow.completed.catch((error: unknown) => error)
  const page = await browser.newPage()
  await signIn(page, flow.url, provider)
  await page.context().close()
  return { flow, outcome: await outcome }
}

describe('glewlwyd', () => {
  beforeEach(({ skip }) => skip(glewlwydMissing !== undefined, glewlwydMissing))

  it.each([
    ['without nonces', false],
    ['with nonces that change after a few proofs', true],
  ])(
    '%s: binds, renews, survives a restart and revokes',
    { timeout: 60_000 },
    async (_what, dpopNonce) => {
      await using provider = await startGlewlwyd({ dpopNonce })
      await using server = await startResourceServer(provider, bound())
      await using house = await openHouse()
      const { flow } = await connect(house, provider, server.url)
      const grant = await flow.completed
      expect(grant).toMatchObject({ bound: 'dpop', renewable: true })
      await callThroughBridge(house, serverAt(server.url))
      // Not by moving the clock: proofs name the time, and the provider has a clock of its own.
      const first = await house.grants.accessToken('notes')
      expect((await house.grants.rejected(first)).value).not.toBe(first.value)
      for (let start = 0; start < 3; start++) {
        await house.restart()
        await callThroughBridge(house, serverAt(server.url))
      }
      const renewals = (await provider.requests()).filter(
        ({ body, status }) => body.grant_type === 'refresh_token' && status === 200,
      )
      expect(new Set(refreshTokens(renewals)).size).toBe(4)
      const { value } = await house.grants.accessToken('notes')
      const asBearer = await fetch(server.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${value}` },
      })
      expect(asBearer.status).toBe(401)
      const receipt = await house.grants.revoke(grant.id, 'by the test')
      expect(receipt.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(
        expect.arrayContaining(['introspect-refresh-token done', 'introspect-access-token done']),
      )
    },
  )

  it('gives nothing for a code whose proof somebody in between took away, and the person is told of the proof', async () => {
    await using provider = await startGlewlwyd()
    await using server = await startResourceServer(provider, bound())
    await using house = await openHouse({ fetch: withoutProofs })
    const { outcome } = await connect(house, provider, server.url)
    expect(outcome).toMatchObject({
      code: 'oauth.token_refused',
      message: expect.stringMatching(
        /^The identity provider refused the sign-in \(invalid_dpop_proof\)\. It did not accept the proof of the key /,
      ),
    })
    expect(house.grants.list()).toEqual([])
  })
})

function withoutProofs(policy: UrlPolicy) {
  const fetch = createDialer().fetch(policy)
  return (url: string | URL, init?: RequestInit) => {
    const headers = new Headers(init?.headers)
    headers.delete('dpop')
    return fetch(url, { ...init, headers })
  }
}
