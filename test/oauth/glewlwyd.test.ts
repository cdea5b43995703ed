import type { Browser } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDialer } from '../../main/net/dialer.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { type House, openHouse, serverAt } from './support/house.ts'
import { signedInAt } from './support/rotations.ts'

/** What Debian's glewlwyd does otherwise than the two other providers, met by the sign-in that people use. */

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function signInTo(
  house: House,
  provider: IdentityProvider,
  url: string,
  scopes?: readonly string[],
) {
  const page = await browser.newPage()
  const flow = await house.grants.connect(serverAt(url))
  const outcome = flow.completed.catch((error: unknown) => error)
  await signIn(page, flow.url, provider, scopes === undefined ? {} : { scopes })
  await page.context().close()
  return outcome
}

describe('glewlwyd', () => {
  beforeEach(({ skip }) => skip(glewlwydMissing !== undefined, glewlwydMissing))

  it('lets a person grant less than asked, and the grant says what is missing', async () => {
    await using provider = await startGlewlwyd()
    await using server = await startResourceServer(provider, { scopes: ['mcp:read', 'mcp:write'] })
    await using house = await openHouse()
    const grant = await signInTo(house, provider, server.url, ['mcp:read'])
    expect(grant).toMatchObject({ scopes: ['mcp:read', 'openid'], withheld: ['mcp:write'] })
    await house.restart()
    expect(house.grants.list()).toMatchObject([{ withheld: ['mcp:write'] }])
  })

  it('refuses a code with 403 and a name of its own, which the person is told', async () => {
    await using provider = await startGlewlwyd()
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ fetch: withAnotherCode })
    expect(await signInTo(house, provider, server.url)).toMatchObject({
      code: 'oauth.token_refused',
      message: 'The identity provider refused the sign-in (invalid_code).',
    })
    expect(house.grants.list()).toEqual([])
  })

  it('refuses the tokens of a client that is gone without a word, which means signing in', async () => {
    await using provider = await startGlewlwyd()
    await using server = await startResourceServer(provider)
    await using house = await signedInAt(browser, provider, server.url)
    await forgetClient(provider, house.grants.list()[0]?.clientId ?? '')
    const token = await house.grants.accessToken('notes')
    await expect(house.grants.rejected(token)).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
  })

  it('revokes for the confidential client that it made of Warder; its JWTs live on, as the receipt says', async () => {
    await using provider = await startGlewlwyd()
    await using server = await startResourceServer(provider)
    await using house = await signedInAt(browser, provider, server.url)
    await house.grants.accessToken('notes')
    const receipt = await house.grants.revoke(`${house.grants.list()[0]?.id}`, 'by the test')
    expect(receipt).toMatchObject({
      state: 'revoked',
      remains: expect.stringContaining(
        'an access token that was issued before may still be accepted',
      ),
    })
    const revocations = (await provider.requests()).filter(({ path }) => path.endsWith('/revoke'))
    for (const { authorization, status } of revocations)
      expect([authorization, status]).toEqual([expect.stringMatching(/^Basic sha256:/), 200])
    expect(revocations.length).toBeGreaterThan(0)
  })
})

/** What somebody in between would do who swapped the code. */
function withAnotherCode(policy: UrlPolicy) {
  const fetch = createDialer().fetch(policy)
  return (url: string | URL, init?: RequestInit) => {
    const form = init?.body instanceof URLSearchParams ? init.body : null
    if (form?.has('code')) form.set('code', 'another')
    return fetch(url, init)
  }
}

/** As its administrator would. */
async function forgetClient(provider: IdentityProvider, clientId: string): Promise<void> {
  const secrets = await provider.secrets()
  const token = secrets.findLast(({ name }) => name === 'registration_access_token')?.value
  const { status } = await fetch(`${provider.issuer}/register/${clientId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  })
  expect(status).toBe(200)
}
