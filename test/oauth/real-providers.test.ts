import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { clientMetadataDocument } from '../../main/oauth/registration.ts'
import type { Grant } from '../../main/oauth/types.ts'
import { startBetterAuth } from '../harness/better-auth/index.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import { accounts, type IdentityProvider } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { type House, openHouse, serverAt } from './support/house.ts'

/** The whole life of a grant at authorization servers that other people wrote, with a real browser in between. */

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function connectAs(
  house: House,
  provider: IdentityProvider,
  url: string,
  email: string = accounts.alice,
): Promise<Grant> {
  const page = await browser.newPage()
  try {
    return await connectIn(page, house, provider, url, email)
  } finally {
    await page.context().close()
  }
}

/** In the browser session that `page` belongs to. */
async function connectIn(
  page: Page,
  house: House,
  provider: IdentityProvider,
  url: string,
  email: string = accounts.alice,
): Promise<Grant> {
  const flow = await house.grants.connect(serverAt(url))
  await signIn(page, flow.url, provider, { email })
  expect(await page.innerText('body')).toContain('Sign-in received')
  return flow.completed
}

const call = (url: string, token: string) =>
  fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'test', version: '1' },
      },
    }),
  }).then((response) => response.status)

describe.each([
  ['oidc-provider', () => startOidcProvider(), { deletesClients: 204 }, undefined],
  ['better-auth', () => startBetterAuth(), { deletesClients: null }, undefined],
  ['glewlwyd', () => startGlewlwyd(), { deletesClients: 200 }, glewlwydMissing],
] as const)('%s', (_name, startProvider, offers, missing) => {
  beforeEach(({ skip }) => skip(missing !== undefined, missing))

  it('signs in, uses, renews, survives a restart, and revokes with proof', async () => {
    await using provider = await startProvider()
    await using server = await startResourceServer(provider)
    await using house = await openHouse()
    const grant = await connectAs(house, provider, server.url)
    expect(grant).toMatchObject({
      account: accounts.alice,
      issuer: provider.issuer,
      renewable: true,
    })
    const first = await house.grants.accessToken('notes')
    expect(first.serverUrl).toBe(server.url)
    expect(await call(server.url, first.value)).toBe(200)

    const renewed = await house.grants.rejected(first)
    expect(renewed.value).not.toBe(first.value)
    expect(await call(server.url, renewed.value)).toBe(200)

    await house.restart()
    const restarted = await house.grants.accessToken('notes')
    expect(await call(server.url, restarted.value)).toBe(200)

    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(
      expect.arrayContaining(['local done', 'revoke-refresh-token done']),
    )
    expect(['proven', 'revoked']).toContain(receipt.state)
    const deletion = receipt.steps.find(({ step }) => step === 'delete-registration')
    expect(deletion?.status ?? null).toBe(offers.deletesClients)
    // Whatever the receipt claims must be so.
    const status = await call(server.url, restarted.value)
    expect(receipt.state === 'proven').toBe(status === 401)
    expect(receipt.remains === null).toBe(status === 401)
    expect(house.grants.list()).toEqual([])
  })
})

describe('oidc-provider', () => {
  it.each([
    ['own', 'opaque', 'proven'],
    ['own', 'jwt', 'revoked'],
    ['resource-server', 'opaque', 'proven'],
  ] as const)(
    'introspection for %s, %s access tokens: what is proven is so',
    async (introspection, accessTokenFormat, state) => {
      await using provider = await startOidcProvider({ introspection, accessTokenFormat })
      await using server = await startResourceServer(provider)
      await using house = await openHouse()
      const grant = await connectAs(house, provider, server.url)
      const { value } = await house.grants.accessToken('notes')
      const receipt = await house.grants.revoke(grant.id, 'by the test')
      expect(receipt.state).toBe(state)
      expect(await call(server.url, value)).toBe(state === 'proven' ? 401 : 200)
      const outcome = (name: string) => receipt.steps.find(({ step }) => step === name)?.outcome
      const introspected = introspection === 'own' ? 'done' : 'unsupported'
      expect(outcome('introspect-refresh-token')).toBe(introspected)
      expect(outcome('try-refresh')).toBe(introspection === 'own' ? undefined : 'done')
      // oidc-provider introspects no access token that contains itself.
      if (accessTokenFormat === 'jwt')
        expect(outcome('introspect-access-token')).toBe('unsupported')
    },
  )

  it('replaces a grant on a new sign-in: the old tokens are revoked, the new ones work', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    await using house = await openHouse()
    const page = await browser.newPage()
    const old = await connectIn(page, house, provider, server.url)
    const { value } = await house.grants.accessToken('notes')
    const settled = settledReceipt(house)
    // The same browser session: many providers take both sign-ins for one consent.
    const next = await connectIn(page, house, provider, server.url)
    expect(await settled).toMatchObject({ grant: old.id, state: 'proven' })
    expect(await call(server.url, value)).toBe(401)
    expect(await call(server.url, (await house.grants.accessToken('notes')).value)).toBe(200)
    expect(house.grants.list().map(({ id }) => id)).toEqual([next.id])
    await page.context().close()
  })

  it('keeps the accounts of one server apart', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    await using house = await openHouse()
    const alice = await connectAs(house, provider, server.url)
    await connectAs(house, provider, server.url, accounts.bob)
    await house.grants.revoke(alice.id, 'by the test')
    const token = await house.grants.accessToken('notes')
    expect(token.grant.account).toBe(accounts.bob)
    expect(await call(server.url, token.value)).toBe(200)
  })

  it('signs in with a client ID metadata document', async () => {
    const url = 'https://client.example.test/warder.json'
    await using provider = await startOidcProvider({
      clientDocuments: { [url]: clientMetadataDocument(url) },
    })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ settings: () => ({ clientMetadataUrl: url }) })
    const page = await browser.newPage()
    const first = await connectIn(page, house, provider, server.url)
    expect(first.clientId).toBe(url)
    // The client is the same at each sign-in, so the grant stays and nothing that could end the new token is revoked.
    const second = await connectIn(page, house, provider, server.url)
    expect(second.id).toBe(first.id)
    expect(house.grants.receipts()).toEqual([])
    const renewed = await house.grants.rejected(await house.grants.accessToken('notes'))
    expect(await call(server.url, renewed.value)).toBe(200)
    await page.context().close()
  })
})

function settledReceipt(house: House) {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  house.grants.on('receipt', (receipt) => receipt.state !== 'pending' && resolve(receipt))
  return promise
}
