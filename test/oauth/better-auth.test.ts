import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCodes } from '../../main/error-codes.ts'
import { startBetterAuth } from '../harness/better-auth/index.ts'
import { launchBrowser, signIn as walkTo } from '../harness/chromium.ts'
import { type DevicePerson, typeCode } from '../harness/device-page.ts'
import { accounts, type IdentityProvider } from '../harness/identity-provider/types.ts'
import { type ResourceServerOptions, startResourceServer } from '../harness/resource-server.ts'
import { openHouse, serverAt } from './support/house.ts'
import {
  bound,
  byKey,
  bySecret,
  ec,
  jwks,
  outcomes,
  pem,
  rsa,
  SECRET,
  serviceAt,
} from './support/service-clients.ts'
import { callThroughBridge } from './support/through-bridge.ts'

/** What better-auth offers beside the sign-in of `real-providers.test.ts`: codes, bound tokens, services. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

/** The provider's own clock runs; so does this one. */
const wait = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined)

async function stage(options: ResourceServerOptions, deviceCodeTtl = 600) {
  await using started = new AsyncDisposableStack()
  const provider = started.use(await startBetterAuth({ deviceCodeTtl }))
  const server = started.use(await startResourceServer(provider, options))
  const house = started.use(await openHouse({ wait }))
  const kept = started.move()
  const notes = serverAt(server.url)
  return { provider, house, notes, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

describe('a sign-in by code at better-auth', () => {
  const begin = async (
    { house, notes, provider }: Pick<Stage, 'house' | 'notes' | 'provider'>,
    person: DevicePerson = {},
  ) => {
    const signIn = await house.grants.connect(notes, { method: 'device' })
    const outcome = signIn.completed.catch((error: unknown) => error)
    const code = signIn.device?.userCode ?? ''
    const last = await typeCode(chromium, { page: signIn.url, code }, provider, person)
    return { signIn, outcome, last }
  }

  it.each([
    ['bearer tokens', {}, null],
    ['tokens bound to a key', bound(), 'dpop'],
  ])(
    'for %s: registers, renews, survives a restart and revokes',
    {
      timeout: 60_000,
    },
    async (_what, options, binding) => {
      await using at = await stage(options)
      const { house, notes } = at
      const { signIn, last } = await begin(at)
      expect(last).toContain('Device connected')
      const grant = await signIn.completed
      expect(grant).toMatchObject({ account: accounts.alice, bound: binding, renewable: true })
      await livesAndDies(at, grant.id)
      expect(house.grants.list()).toEqual([])
      expect(notes.definition.url).toBe(grant.resource)
    },
  )

  it('for a client that proves itself with a key', { timeout: 60_000 }, async () => {
    const known = {
      client_id: 'warder-jobs',
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      scope: 'mcp:read openid email offline_access',
      ...jwks(ec.publicKey, { alg: 'ES256' }),
    }
    await using provider = await startBetterAuth({ clients: [known] })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ wait, resolveSecret: async () => pem(ec.privateKey) })
    const notes = serverAt(server.url, { ...byKey, issuer: provider.issuer })
    const { signIn, last } = await begin({ house, notes, provider })
    expect(last).toContain('Device connected')
    expect(await signIn.completed).toMatchObject({ clientId: 'warder-jobs', renewable: true })
    const first = await house.grants.accessToken('notes')
    expect((await house.grants.rejected(first)).value).not.toBe(first.value)
    const shown = (await provider.requests()).filter(
      ({ path, method }) => method === 'POST' && /\/(?:token|device\/code)$/.test(path),
    )
    for (const { body } of shown) expect(body.client_assertion).toMatch(/^sha256:/)
  })

  it('ends with a sentence where the person says that it is not theirs', async () => {
    await using at = await stage({})
    const { outcome } = await begin(at, { recognises: false })
    expect(await outcome).toMatchObject({
      code: 'oauth.authorization_refused',
      message: 'The sign-in was refused at the provider.',
    })
  })

  it('is over when the provider says so (expired_token)', async () => {
    await using at = await stage({}, 1)
    const signIn = await at.house.grants.connect(at.notes, { method: 'device' })
    await expect(signIn.completed).rejects.toMatchObject({
      code: 'oauth.sign_in_abandoned',
      message: 'The code was not used in time.',
    })
  })
})

describe('tokens of better-auth that are bound to a key', () => {
  it('are had in the browser, renewed, kept over a restart and revoked', async () => {
    await using at = await stage(bound())
    const { house, notes, provider } = at
    const flow = await house.grants.connect(notes)
    const page = await chromium.newPage()
    await walkTo(page, flow.url, provider)
    await page.context().close()
    const grant = await flow.completed
    expect(grant).toMatchObject({ bound: 'dpop', renewable: true })
    await livesAndDies(at, grant.id)
  })
})

describe('a service at better-auth', () => {
  const client = (more: object) => ({
    client_id: 'warder-jobs',
    grant_types: ['client_credentials'],
    client_credentials_scopes: ['mcp:read'],
    scope: 'mcp:read',
    ...more,
  })
  const secretOf = (method: string) =>
    client({ client_secret: SECRET, token_endpoint_auth_method: method })
  const keyed = (more: object) => client({ token_endpoint_auth_method: 'private_key_jwt', ...more })
  const post = { ...bySecret, tokenEndpointAuthMethod: 'client_secret_post' }

  it.each([
    ['client_secret_basic', 'Basic', secretOf('client_secret_basic'), bySecret, SECRET],
    ['client_secret_post', null, secretOf('client_secret_post'), post, SECRET],
    [
      'private_key_jwt (RS256)',
      null,
      keyed(jwks(rsa.publicKey, { alg: 'RS256' })),
      byKey,
      pem(rsa.privateKey),
    ],
    [
      'private_key_jwt (ES256)',
      null,
      keyed(jwks(ec.publicKey, { alg: 'ES256' })),
      byKey,
      pem(ec.privateKey),
    ],
  ])('by %s: asks, calls, asks again; its JWTs live on, as the receipt says', async (...given) => {
    const [, scheme, known, oauth, secret] = given
    await using provider = await startBetterAuth({ clients: [known] })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ resolveSecret: async () => secret })
    const jobs = serviceAt(server.url, { ...oauth, issuer: provider.issuer })
    const grant = await house.grants.obtain(jobs)
    expect(grant).toMatchObject({ kind: 'service', account: 'warder-jobs', bound: null })
    await callThroughBridge(house, jobs)
    await house.restart()
    await callThroughBridge(house, jobs)
    const asked = await tokenRequests(provider)
    expect(asked.map(({ authorization }) => authorization?.split(' ')[0] ?? null)).toEqual([
      scheme,
      scheme,
    ])
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(receipt).toMatchObject({
      state: 'local-only',
      remains: expect.stringContaining('could be used until it expires there'),
    })
  })

  it('whose secret goes in the body has to say so: else it is refused, and what mends it names the setting', async () => {
    await using provider = await startBetterAuth({ clients: [secretOf('client_secret_post')] })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ resolveSecret: async () => SECRET })
    const jobs = serviceAt(server.url, { ...bySecret, issuer: provider.issuer })
    await expect(house.grants.obtain(jobs)).rejects.toMatchObject({ code: 'oauth.client_refused' })
    expect(errorCodes['oauth.client_refused'].mend).toContain('`tokenEndpointAuthMethod`')
  })

  it('where the server takes bound tokens only: proves its key', async () => {
    await using provider = await startBetterAuth({ clients: [secretOf('client_secret_basic')] })
    await using server = await startResourceServer(provider, bound())
    await using house = await openHouse({ resolveSecret: async () => SECRET })
    const jobs = serviceAt(server.url, { ...bySecret, issuer: provider.issuer })
    expect(await house.grants.obtain(jobs)).toMatchObject({ kind: 'service', bound: 'dpop' })
    await callThroughBridge(house, jobs)
    await house.restart()
    await callThroughBridge(house, jobs)
  })
})

type Stage = Awaited<ReturnType<typeof stage>>

/** Its access tokens are JWTs: only the refresh token dies at once, and is proven dead by a trial. */
async function livesAndDies({ house, notes }: Stage, grant: string): Promise<void> {
  await callThroughBridge(house, notes)
  const first = await house.grants.accessToken('notes')
  expect((await house.grants.rejected(first)).value).not.toBe(first.value)
  await callThroughBridge(house, notes)
  await house.restart()
  await callThroughBridge(house, notes)
  const receipt = await house.grants.revoke(grant, 'by the test')
  expect(outcomes(receipt)).toEqual(
    expect.arrayContaining(['revoke-refresh-token done', 'try-refresh done']),
  )
}

const tokenRequests = async (provider: IdentityProvider) =>
  (await provider.requests()).filter(({ path }) => path.endsWith('/token'))
