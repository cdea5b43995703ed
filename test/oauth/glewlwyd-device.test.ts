import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchBrowser } from '../harness/chromium.ts'
import { typeCode } from '../harness/device-page.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import { accounts, type IdentityProvider } from '../harness/identity-provider/types.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { openHouse, serverAt } from './support/house.ts'
import { callThroughBridge } from './support/through-bridge.ts'

/** Sign-in by code (RFC 8628) at Debian's glewlwyd, with a person at another device. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

const device = { method: 'device' } as const
const SECRET = 'the-secret-of-codes'
/** As its administrator makes one, who alone can. */
const client = {
  client_id: 'warder-codes',
  name: 'Warder',
  confidential: true,
  client_secret: SECRET,
  token_endpoint_auth_method: ['client_secret_basic'],
  authorization_type: ['device_authorization', 'refresh_token'],
}

const byHand = ({ issuer }: IdentityProvider) => ({
  clientId: 'warder-codes',
  clientSecret: 'secret:codes',
  issuer,
})

/** The provider's own clock runs; so does this one. */
const wait = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined)

const opened = (resolveSecret = async () => SECRET) => openHouse({ wait, resolveSecret })

describe('glewlwyd', () => {
  beforeEach(({ skip }) => skip(glewlwydMissing !== undefined, glewlwydMissing))

  it.each([
    ['bearer tokens', null],
    ['tokens bound to a key', 'dpop'],
  ] as const)(
    'signs in by code for %s, which are renewed, survive a restart, and are revoked',
    {
      timeout: 60_000,
    },
    async (_what, bound) => {
      await using provider = await startGlewlwyd({ clients: [client] })
      const dpop = { nonce: () => null, proofs: new Set<string>() }
      await using server = await startResourceServer(provider, bound === null ? {} : { dpop })
      await using house = await opened()
      const notes = serverAt(server.url, byHand(provider))
      const signIn = await house.grants.connect(notes, device)
      const { userCode = '', complete } = signIn.device ?? {}
      // It calls the person's code as OAuth calls another one.
      expect(complete).toBe(`${signIn.url}?code=${userCode}`)
      const last = await typeCode(chromium, { page: signIn.url, code: userCode }, provider)
      expect(last).toContain('Authorization complete')
      const grant = await signIn.completed
      expect(grant).toMatchObject({ account: accounts.alice, bound, renewable: true })
      await callThroughBridge(house, notes)
      const first = await house.grants.accessToken('notes')
      expect((await house.grants.rejected(first)).value).not.toBe(first.value)
      await callThroughBridge(house, notes)
      await house.restart()
      await callThroughBridge(house, notes)
      const receipt = await house.grants.revoke(grant.id, 'by the test')
      const outcomes = receipt.steps.map(({ step, outcome }) => `${step} ${outcome}`)
      expect(outcomes).toEqual(
        expect.arrayContaining(['introspect-refresh-token done', 'revoke-refresh-token done']),
      )
    },
  )

  it('registers nobody for codes, and the person is told what else there is', async () => {
    await using provider = await startGlewlwyd()
    await using server = await startResourceServer(provider)
    await using house = await opened()
    await expect(house.grants.connect(serverAt(server.url), device)).rejects.toMatchObject({
      code: 'oauth.registration_failed',
      message:
        'The identity provider refused to register Warder as a client that signs in by code (invalid_client_metadata). Sign in with the browser, or have a client registered there that may use codes, and put its client ID into the server definition.',
    })
  })

  it('refuses a wrong secret with 403 before any code is shown', async () => {
    await using provider = await startGlewlwyd({ clients: [client] })
    await using server = await startResourceServer(provider)
    await using house = await opened(async () => 'another-secret')
    const connecting = house.grants.connect(serverAt(server.url, byHand(provider)), device)
    await expect(connecting).rejects.toMatchObject({
      code: 'oauth.token_refused',
      message: 'The identity provider refused to begin a sign-in by code (unauthorized_client).',
    })
  })

  it('is believed when it says that the code is over (expired_token)', async () => {
    await using provider = await startGlewlwyd({ clients: [client], deviceCodeTtl: 1 })
    await using server = await startResourceServer(provider)
    await using house = await opened()
    const signIn = await house.grants.connect(serverAt(server.url, byHand(provider)), device)
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
