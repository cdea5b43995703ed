import { generateKeyPairSync } from 'node:crypto'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Receipt } from '../../main/oauth/types.ts'
import { remoteServerSchema } from '../../main/store/config-schema.ts'
import { launchBrowser, signIn } from '../harness/chromium.ts'
import { accounts, type IdentityProvider } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { type ResourceServerOptions, startResourceServer } from '../harness/resource-server.ts'
import { type House, openHouse, serverAt } from './support/house.ts'
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

/** Where nobody signs in, at a provider that other people wrote. */

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** A client of nobody's: no page, no redirect (RFC 7591 §2). */
const serviceClient = (more: object) => ({
  client_id: 'warder-jobs',
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  ...more,
})

const PROVEN = ['introspect-access-token done', 'revoke-access-token done', 'probe done']

describe('a service at oidc-provider', () => {
  it.each([
    ['client_secret_basic', 'Basic', { client_secret: SECRET }, bySecret, SECRET],
    ['client_secret_post', null, { client_secret: SECRET }, bySecret, SECRET],
    ['private_key_jwt', null, jwks(rsa.publicKey, { alg: 'RS256' }), byKey, pem(rsa.privateKey)],
    ['private_key_jwt', null, jwks(ec.publicKey, { alg: 'ES256' }), byKey, pem(ec.privateKey)],
  ])('by %s: asks, calls, asks again, and revokes with proof', async (...given) => {
    const [method, scheme, client, oauth, secret] = given
    await using provider = await startOidcProvider({
      clients: [serviceClient({ ...client, token_endpoint_auth_method: method })],
      authMethods: method === 'private_key_jwt' ? [method, 'client_secret_basic'] : [method],
      introspection: 'own',
    })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ resolveSecret: async () => secret })
    const service = serviceAt(server.url, { ...oauth, issuer: provider.issuer })
    const grant = await house.grants.obtain(service)
    expect(grant).toMatchObject({ kind: 'service', account: 'warder-jobs', bound: null })
    await callThroughBridge(house, service)
    await house.restart()
    await callThroughBridge(house, service)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(outcomes(receipt)).toEqual(expect.arrayContaining(PROVEN))
    expect(receipt.state).toBe('proven')
    await expect(callThroughBridge(house, service)).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
    const requests = (await provider.requests()).filter(({ method }) => method === 'POST')
    const own = requests.filter(({ body }) => body.token === undefined || body.token_type_hint)
    expect(new Set(own.map((one) => one.authorization?.split(' ')[0] ?? null))).toEqual(
      new Set([scheme]),
    )
    const asked = own.filter(({ path }) => path === '/token').map(({ body }) => body)
    const parameters = { resource: server.url, scope: 'mcp:read' }
    expect(asked).toEqual([
      expect.objectContaining({ grant_type: 'client_credentials', ...parameters }),
      expect.objectContaining({ grant_type: 'client_credentials', ...parameters }),
    ])
  })

  it('whose key is another than the registered one is refused, and told so', async () => {
    await using provider = await startOidcProvider({
      clients: [
        serviceClient({ ...jwks(ec.publicKey, {}), token_endpoint_auth_method: 'private_key_jwt' }),
      ],
    })
    await using server = await startResourceServer(provider)
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    await using house = await openHouse({ resolveSecret: async () => pem(other) })
    await expect(
      house.grants.obtain(serviceAt(server.url, { ...byKey, issuer: provider.issuer })),
    ).rejects.toMatchObject({
      code: 'oauth.client_refused',
    })
    expect(house.grants.list()).toEqual([])
  })

  it.each([
    ['without nonces', false],
    ['with nonces', true],
  ])('where the server takes bound tokens only, %s: proves its key', async (_name, dpopNonce) => {
    await using provider = await startOidcProvider({
      clients: [serviceClient({ client_secret: SECRET })],
      dpopNonce,
    })
    await using server = await startResourceServer(provider, bound())
    await using house = await openHouse({ resolveSecret: async () => SECRET })
    const service = serviceAt(server.url, { ...bySecret, issuer: provider.issuer })
    const grant = await house.grants.obtain(service)
    expect(grant).toMatchObject({ kind: 'service', bound: 'dpop' })
    await callThroughBridge(house, service)
    const first = await house.grants.accessToken('jobs')
    expect((await house.grants.rejected(first)).value).not.toBe(first.value)
    await callThroughBridge(house, service)
    await house.restart()
    await callThroughBridge(house, service)
    expect((await house.grants.obtain(service)).id).toBe(grant.id)
    await callThroughBridge(house, service)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    expect(outcomes(receipt)).toContain('probe done')
    expect(receipt.state).toBe('proven')
  })
})

describe('an exchange at oidc-provider', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  /** Somebody signed in at the server `notes`, and a second one, `files`, that takes tokens of the same provider. */
  async function stage(notes: ResourceServerOptions, files: ResourceServerOptions) {
    await using started = new AsyncDisposableStack()
    const provider = started.use(
      await startOidcProvider({
        clients: [
          serviceClient({
            client_id: 'warder-exchange',
            client_secret: SECRET,
            grant_types: [EXCHANGE],
          }),
        ],
        exchangers: ['warder-exchange'],
      }),
    )
    const first = started.use(await startResourceServer(provider, notes))
    const second = started.use(await startResourceServer(provider, files))
    const house = started.use(await openHouse({ resolveSecret: async () => SECRET }))
    const flow = await house.grants.connect(serverAt(first.url))
    const page = await browser.newPage()
    await signIn(page, flow.url, provider)
    await page.context().close()
    const subject = await flow.completed
    const server = {
      name: 'files',
      definition: remoteServerSchema.parse({
        url: second.url,
        oauth: {
          clientId: 'warder-exchange',
          clientSecret: 'secret:files',
          issuer: provider.issuer,
          exchange: { from: 'notes' },
        },
      }),
    }
    const resources = started.move()
    return {
      provider,
      house,
      subject,
      server,
      notes: serverAt(first.url),
      exchanges: async () =>
        (await provider.requests()).filter(({ body }) => body.grant_type === EXCHANGE),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  }

  it('gets a token for the other server alone, again and again, and ends with its account', async () => {
    await using at = await stage({}, {})
    const grant = await at.house.grants.obtain(at.server)
    expect(grant).toMatchObject({ kind: 'exchange', account: accounts.alice, bound: null })
    await callThroughBridge(at.house, at.server)
    const { value } = await at.house.grants.accessToken('files')
    expect(await bearerStatus(at.notes.definition.url, value)).toBe(401)
    await at.house.restart()
    await callThroughBridge(at.house, at.server)
    expect((await at.exchanges()).map(({ status }) => status)).toEqual([200, 200])
    const last = await at.house.grants.accessToken('files')

    const settled = settledReceipt(at.house, grant.id)
    await at.house.grants.revoke(at.subject.id, 'by the test')
    await expect(callThroughBridge(at.house, at.server)).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
    expect((await settled).state).toBe('proven')
    expect(await bearerStatus(at.server.definition.url, last.value)).toBe(401)
  })

  it('revoked alone is dead, and the account that it came from is not', async () => {
    await using at = await stage({}, {})
    const { id } = await at.house.grants.obtain(at.server)
    expect((await at.house.grants.revoke(id, 'by the test')).state).toBe('proven')
    await callThroughBridge(at.house, at.notes)
  })

  it('of a token that the provider has ended is refused, and nothing is left over', async () => {
    await using at = await stage({}, {})
    const { value } = await at.house.grants.accessToken('notes')
    await endToken(at.provider, value, at.subject.clientId)
    await expect(at.house.grants.obtain(at.server)).rejects.toMatchObject({
      code: 'oauth.token_refused',
    })
    expect(at.house.grants.list()).toHaveLength(1)
  })

  it('of a bound token proves its key, and what comes of it is bound to the same one', async () => {
    await using at = await stage(bound(), bound())
    expect(at.subject.bound).toBe('dpop')
    const grant = await at.house.grants.obtain(at.server)
    expect(grant.bound).toBe('dpop')
    await callThroughBridge(at.house, at.server)
    await at.house.restart()
    await callThroughBridge(at.house, at.server)
    await callThroughBridge(at.house, at.notes)
    expect((await at.house.grants.revoke(grant.id, 'by the test')).state).toBe('proven')
  })

  it('of a bound token makes no unbound one: the token is shown to nobody', async () => {
    await using at = await stage(bound(), {})
    await expect(at.house.grants.obtain(at.server)).rejects.toMatchObject({
      code: 'oauth.dpop_unsupported',
    })
    expect(await at.exchanges()).toEqual([])
  })

  it('of a bearer token is bound where the other server wants that', async () => {
    await using at = await stage({}, bound())
    expect(await at.house.grants.obtain(at.server)).toMatchObject({ bound: 'dpop' })
    await callThroughBridge(at.house, at.server)
  })
})

const bearerStatus = async (url: string, token: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status

function settledReceipt(house: House, grant: string) {
  const { promise, resolve } = Promise.withResolvers<Receipt>()
  house.grants.on(
    'receipt',
    (receipt) => receipt.grant === grant && receipt.state !== 'pending' && resolve(receipt),
  )
  return promise
}

/** As somebody would who has the token of this public client. */
async function endToken({ issuer }: IdentityProvider, token: string, clientId: string) {
  const body = new URLSearchParams({ token, client_id: clientId })
  const { status } = await fetch(`${issuer}/token/revocation`, { method: 'POST', body })
  expect(status).toBe(200)
}
