import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDpopKey, openDpop } from '../../main/oauth/dpop.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { type House, openHouse, serverAt } from './support/house.ts'
import { refreshTokens } from './support/rotations.ts'
import { callThroughBridge, opening } from './support/through-bridge.ts'

/** The whole life of a bound grant at a provider that other people wrote, and at a server that checks every proof. */

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function connectAt(house: House, provider: { issuer: string }, url: string) {
  const page = await browser.newPage()
  try {
    const flow = await house.grants.connect(serverAt(url))
    await signIn(page, flow.url, provider)
    return await flow.completed
  } finally {
    await page.context().close()
  }
}

describe.each([
  ['without nonces', false],
  ['with nonces', true],
])('oidc-provider, %s', (_name, nonces) => {
  it('signs in, calls, renews, survives a restart, and revokes with proof', {
    timeout: 120_000,
  }, async () => {
    let nonce = nonces ? 'server-1' : null
    const proofs = new Set<string>()
    await using provider = await startOidcProvider({ dpopNonce: nonces })
    await using server = await startResourceServer(provider, {
      dpop: { nonce: () => nonce, proofs },
    })
    await using house = await openHouse()
    const grant = await connectAt(house, provider, server.url)
    expect(grant).toMatchObject({ bound: 'dpop', renewable: true })
    expect(await callThroughBridge(house, serverAt(server.url))).toEqual(
      nonces ? ['nonce-wanted'] : [],
    )

    // In the middle of a session the server changes its nonce.
    nonce = nonces ? 'server-2' : null
    expect(await callThroughBridge(house, serverAt(server.url))).toEqual(
      nonces ? ['nonce-wanted'] : [],
    )
    expect(await callThroughBridge(house, serverAt(server.url))).toEqual([])

    // Not by moving the clock: proofs name the time, and the provider has a clock of its own.
    const first = await house.grants.accessToken('notes')
    expect((await house.grants.rejected(first)).value).not.toBe(first.value)
    await callThroughBridge(house, serverAt(server.url))
    await house.restart()
    await callThroughBridge(house, serverAt(server.url))
    const { value } = await house.grants.accessToken('notes')
    const asBearer = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${value}` },
    })
    expect(asBearer.status).toBe(401)
    const renewals = (await provider.requests()).filter(
      ({ body, status }) => body.grant_type === 'refresh_token' && status === 200,
    )
    expect(new Set(refreshTokens(renewals)).size).toBe(2)

    const answered = server.seen.length
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt.steps).toContainEqual(
      expect.objectContaining({ step: 'probe', outcome: 'done' }),
    )
    expect(receipt.state).toBe('proven')
    expect(server.seen.length).toBeGreaterThan(answered)
    // The checker takes each `jti` once: as many as there were requests with a token.
    const shown = server.seen.filter(({ bearer }) => bearer !== null)
    expect(proofs.size).toBe(shown.length - 1)
  })
})

describe('the server that checks proofs', () => {
  it('takes none twice, none for another request, and no token of another key', {
    timeout: 60_000,
  }, async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider, {
      dpop: { nonce: () => null, proofs: new Set() },
    })
    await using house = await openHouse()
    await connectAt(house, provider, server.url)
    const { proof, value } = await house.grants.accessToken('notes')
    const show = (headers: Record<string, string>, method = 'POST') =>
      fetch(server.url, {
        method,
        headers: {
          ...headers,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
        ...(method === 'POST' && { body: opening }),
      }).then(async (response) => {
        await response.body?.cancel()
        return [response.status, response.headers.get('www-authenticate')?.split(',')[0]]
      })
    if (proof === null) throw new Error('The token is not bound.')
    const headers = await proof.headers('POST', server.url)
    expect(await show(headers)).toEqual([200, undefined])
    const badProof = [401, 'DPoP error="invalid_dpop_proof"']
    expect(await show(headers)).toEqual(badProof)
    expect(await show(await proof.headers('GET', server.url))).toEqual(badProof)
    expect(await show(await proof.headers('POST', `${server.url}/other`))).toEqual(badProof)
    expect(await show({ authorization: `DPoP ${value}` })).toEqual(badProof)

    const stolen = openDpop(createDpopKey(), Date.now).bind(value)
    expect(await show(await stolen.headers('POST', server.url))).toEqual([
      401,
      'DPoP error="invalid_token"',
    ])
  })
})
