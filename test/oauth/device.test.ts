import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDialer } from '../../main/net/dialer.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { clientMetadataDocument } from '../../main/oauth/registration.ts'
import type { SignIn } from '../../main/oauth/types.ts'
import { launchBrowser, signIn as walkTo } from '../harness/chromium.ts'
import { typeCode } from '../harness/device-page.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { openHouse, serverAt } from './support/house.ts'

/** Sign-in by code (RFC 8628) at providers that other people wrote, with a person at another device. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

const device = { method: 'device' } as const
/** The provider's own clock runs; so does this one. */
const wait = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined)

async function walk(url: string, provider: IdentityProvider): Promise<void> {
  const page = await chromium.newPage()
  await walkTo(page, url, provider)
  await page.context().close()
}

const shown = ({ url, device: code }: SignIn) => ({ page: url, code: code?.userCode ?? '' })

describe('oidc-provider', () => {
  it('binds the grant of a code to a key, at its renewals too, and never makes it a bearer one', async () => {
    await using provider = await startOidcProvider({ deviceCodeTtl: 600 })
    await using server = await startResourceServer(provider, {
      dpop: { nonce: () => null, proofs: new Set() },
    })
    await using house = await openHouse()
    const signIn = await house.grants.connect(serverAt(server.url), device)
    expect(await typeCode(chromium, shown(signIn), provider)).toContain('Device connected')
    const grant = await signIn.completed
    expect(grant).toMatchObject({ bound: 'dpop', renewable: true })
    const first = await house.grants.accessToken('notes')
    const renewed = await house.grants.rejected(first)
    expect(renewed.value).not.toBe(first.value)
    for (const { proof } of [first, renewed])
      expect((await proof?.headers('POST', server.url))?.authorization).toMatch(/^DPoP /)
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${renewed.value}` },
    })
    expect(answer.status).toBe(401)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt.state).toBe('proven')
  })

  it('refuses a bearer token for the code, where somebody in between took the proof away', async () => {
    await using provider = await startOidcProvider({ deviceCodeTtl: 600 })
    await using server = await startResourceServer(provider, {
      dpop: { nonce: () => null, proofs: new Set() },
    })
    await using house = await openHouse({ fetch: withoutProofs, wait })
    const signIn = await house.grants.connect(serverAt(server.url), device)
    const outcome = signIn.completed.catch((error: unknown) => error)
    await typeCode(chromium, shown(signIn), provider)
    expect(await outcome).toMatchObject({ code: 'oauth.dpop_downgrade' })
    expect(house.grants.list()).toEqual([])
  })

  it.each([
    ['with codes', 600],
    ['without, which passes over what it does not have', undefined],
  ])('takes the published client ID metadata document, %s', async (_what, deviceCodeTtl) => {
    const url = 'https://client.example.test/warder.json'
    await using provider = await startOidcProvider({
      clientDocuments: { [url]: clientMetadataDocument(url) },
      ...(deviceCodeTtl && { deviceCodeTtl }),
    })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ settings: () => ({ clientMetadataUrl: url }) })
    const byCode = deviceCodeTtl !== undefined
    const signIn = await house.grants.connect(serverAt(server.url), byCode ? device : {})
    if (byCode) await typeCode(chromium, shown(signIn), provider)
    else await walk(signIn.url, provider)
    expect(await signIn.completed).toMatchObject({ clientId: url, renewable: true })
  })

  it('is believed when it says that the code is over (expired_token)', async () => {
    await using provider = await startOidcProvider({ deviceCodeTtl: 1 })
    await using server = await startResourceServer(provider)
    // This clock stands still, so only the provider can say it.
    await using house = await openHouse({ wait })
    const signIn = await house.grants.connect(serverAt(server.url), device)
    await expect(signIn.completed).rejects.toMatchObject({
      code: 'oauth.sign_in_abandoned',
      message: 'The code was not used in time.',
      cause: expect.objectContaining({
        details: expect.objectContaining({ error: 'expired_token' }),
      }),
    })
    expect(house.grants.list()).toEqual([])
  })
})

/** Somebody in between, who wants tokens that are good without the key. */
function withoutProofs(policy: UrlPolicy) {
  const fetch = createDialer().fetch(policy)
  return (url: string | URL, init?: RequestInit) => {
    const headers = new Headers(init?.headers)
    headers.delete('dpop')
    return fetch(url, { ...init, headers })
  }
}
