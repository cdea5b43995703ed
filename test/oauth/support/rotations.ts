import type { Browser } from 'playwright'
import { expect } from 'vitest'
import { signIn } from '../../harness/chromium.ts'
import type { IdentityProvider, ProviderRequest } from '../../harness/identity-provider/types.ts'
import { startResourceServer } from '../../harness/resource-server.ts'
import { type House, openHouse, serverAt } from './house.ts'

const TWO_HOURS = 7_200_000

/** A house that is signed in at a real provider. */
export async function signedInAt(
  browser: Browser,
  provider: IdentityProvider,
  serverUrl: string,
): Promise<House> {
  const house = await openHouse()
  const page = await browser.newPage()
  const flow = await house.grants.connect(serverAt(serverUrl))
  await signIn(page, flow.url, provider)
  await flow.completed
  await page.context().close()
  return house
}

/** Renews so often at a real provider; none of the refresh tokens is used twice, and the last access token works. */
export async function renewOften(
  browser: Browser,
  startProvider: () => Promise<IdentityProvider>,
  times: number,
): Promise<void> {
  await using provider = await startProvider()
  await using server = await startResourceServer(provider)
  await using house = await signedInAt(browser, provider, server.url)
  const values = new Set<string>()
  for (let count = 0; count < times; count++) {
    house.time.now += TWO_HOURS
    values.add((await house.grants.accessToken('notes')).value)
  }
  expect(values.size).toBe(times)
  const used = refreshTokens(await provider.requests())
  expect(used).toHaveLength(times)
  expect(new Set(used).size).toBe(times)
  const { value } = await house.grants.accessToken('notes')
  expect(await statusAt(server.url, value)).not.toBe(401)
}

/** Digests of the refresh tokens that were presented, in order. */
export const refreshTokens = (requests: readonly ProviderRequest[]): string[] =>
  requests
    .filter(({ method, body }) => method === 'POST' && body.grant_type === 'refresh_token')
    .map(({ body }) => String(body.refresh_token))

const statusAt = (url: string, token: string) =>
  fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  }).then(({ status }) => status)
