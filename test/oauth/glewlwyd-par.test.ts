import type { Browser } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { openHouse, serverAt } from './support/house.ts'
import { callThroughBridge } from './support/through-bridge.ts'

/** Pushed authorization requests (RFC 9126) at Debian's glewlwyd, which here takes no others. */

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const start = (more = {}) => startGlewlwyd({ pushedRequestsOnly: true, ...more })
const bound = () => ({ dpop: { nonce: () => null, proofs: new Set<string>() } })

async function walk(url: string, provider: IdentityProvider): Promise<void> {
  const page = await browser.newPage()
  await signIn(page, url, provider)
  await page.context().close()
}

const pushes = async (provider: IdentityProvider) =>
  (await provider.requests()).filter(({ path }) => path.endsWith('/par'))

describe('glewlwyd', () => {
  beforeEach(({ skip }) => skip(glewlwydMissing !== undefined, glewlwydMissing))

  it.each([
    ['bearer tokens', {}, null],
    ['tokens bound to a key', bound(), 'dpop'],
  ])(
    'signs in with a pushed request for %s: the browser sees its reference alone',
    async (...given) => {
      const [, options, binding] = given
      await using provider = await start()
      await using server = await startResourceServer(provider, options)
      await using house = await openHouse()
      const flow = await house.grants.connect(serverAt(server.url))
      const { searchParams } = new URL(flow.url)
      expect([...searchParams.keys()]).toEqual(['client_id', 'request_uri'])
      await walk(flow.url, provider)
      expect(await flow.completed).toMatchObject({ bound: binding, renewable: true })
      await callThroughBridge(house, serverAt(server.url))
      expect(await pushes(provider)).toMatchObject([
        { status: 201, body: { resource: server.url, code_challenge_method: 'S256' } },
      ])
      // What was opened says nothing that was pushed.
      const visits = (await provider.requests()).filter(({ path }) => path.endsWith('/auth'))
      for (const { query } of visits) expect(query).not.toHaveProperty('state')
    },
  )

  it('takes the request that is pushed anew for who opens late', async () => {
    await using provider = await start()
    await using server = await startResourceServer(provider)
    await using house = await openHouse()
    const flow = await house.grants.connect(serverAt(server.url))
    house.time.now = flow.linkExpiresAt ?? 0
    await flow.open()
    const [late = ''] = house.opened
    expect(late).not.toBe(flow.url)
    await walk(late, provider)
    expect(await flow.completed).toMatchObject({ state: 'connected' })
    expect((await pushes(provider)).map(({ status }) => status)).toEqual([201, 201])
  })

  it('wants a nonce in the proof of a pushed request and gives none out: the person is told of the proof', async () => {
    await using provider = await start({ dpopNonce: true })
    await using server = await startResourceServer(provider, bound())
    await using house = await openHouse()
    await expect(house.grants.connect(serverAt(server.url))).rejects.toMatchObject({
      code: 'oauth.token_refused',
      message: expect.stringMatching(
        /^The identity provider refused the authorization request \(invalid_dpop_proof\)\. It did not accept the proof of the key /,
      ),
    })
    expect(house.opened).toEqual([])
  })
})
