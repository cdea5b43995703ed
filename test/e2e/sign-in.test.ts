import type { IncomingMessage } from 'node:http'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountView } from '../../preload/contract/index.ts'
import { startBetterAuth } from '../harness/better-auth/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { digest } from '../harness/identity-provider/journal.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { auditRows } from './support/audit.ts'
import { echo, refusalOf, toolNames } from './support/calls.ts'
import { CLIENT, openStage, REMOTE } from './support/stage.ts'

/** From an empty home to a tool call with the user's grant, at identity providers that other people wrote. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

describe.each([
  ['oidc-provider with opaque tokens', () => startOidcProvider()],
  ['oidc-provider with JWTs', () => startOidcProvider({ accessTokenFormat: 'jwt' })],
  ['better-auth', () => startBetterAuth()],
] as const)('%s', (_name, startProvider) => {
  it('is signed in to through the system browser, and its token opens the server to every client', async () => {
    const received: string[] = []
    const tap = ({ url, rawHeaders }: IncomingMessage) =>
      void received.push(JSON.stringify([url, rawHeaders]))
    await using stage = await openStage({ chromium, provider: startProvider(), remote: { tap } })
    const { warder, remote, provider, system } = stage

    // A client that comes too early is told what to do, and stays.
    const early = await warder.client(CLIENT, REMOTE)
    expect((await refusalOf(echo(early))).code).toBe('grant.sign_in_needed')

    const account = await stage.connect({ email: accounts.bob })
    expect(account).toMatchObject({
      account: `${REMOTE}/${accounts.bob}`,
      issuer: provider.issuer,
      resource: remote.url,
      state: 'connected',
      renewable: true,
    })
    const list = await warder.ok<AccountView[]>(['accounts'])
    expect([{ ...list[0], named: 'provider', insteadOf: null }]).toEqual([account])
    expect(list).toHaveLength(1)
    expect(system.opened).toHaveLength(1)
    expect(system.opened[0]).toHaveLength(1)

    const late = await warder.httpClient(stage.bearer, REMOTE)
    for (const client of [early, late]) {
      expect(await toolNames(client)).toContain('echo')
      expect(await echo(client, 'over there')).toContain('over there')
    }

    const issued = (await provider.secrets()).filter(({ name }) => name === 'access_token')
    const bearers = remote.seen.map(({ bearer }) => bearer)
    const known = new Set([null, ...issued.map(({ value }) => digest(value))])
    // Without a bearer Warder asks once, to be challenged.
    expect(bearers.filter((bearer) => bearer === null)).toHaveLength(1)
    expect(bearers.every((bearer) => known.has(bearer))).toBe(true)
    expect(bearers).not.toContain(digest(stage.bearer))
    expect(received.some((request) => request.includes(stage.bearer))).toBe(false)

    const calls = (await auditRows(warder)).filter(
      ({ target, phase, outcome }) => target === 'echo' && phase === 'outcome' && outcome === 'ok',
    )
    expect(calls.map(({ client, proof, account }) => [client, proof, account])).toEqual([
      [CLIENT, 'bearer', account.account],
      [CLIENT, 'same-user', account.account],
    ])
  })
})
