import { beforeEach, describe, expect, it } from 'vitest'
import { remoteServerSchema } from '../../main/store/config-schema.ts'
import { glewlwydMissing, startGlewlwyd } from '../harness/glewlwyd/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { openHouse } from './support/house.ts'
import {
  bound,
  byKey,
  bySecret,
  ec,
  jwks,
  outcomes,
  SECRET,
  serviceAt,
} from './support/service-clients.ts'
import { callThroughBridge } from './support/through-bridge.ts'

const key = JSON.stringify({ ...ec.privateKey.export({ format: 'jwk' }), kid: 'k1' })

/** Where nobody signs in, at Debian's glewlwyd. */

/** As its administrator makes one, with the one way to authenticate that it keeps to. */
const client = (method: string, more: object = { client_secret: SECRET }) => ({
  client_id: 'warder-jobs',
  name: 'Warder',
  confidential: true,
  authorization_type: ['client_credentials'],
  token_endpoint_auth_method: [method],
  ...more,
})

const post = { ...bySecret, tokenEndpointAuthMethod: 'client_secret_post' }

describe('a service at glewlwyd', () => {
  beforeEach(({ skip }) => skip(glewlwydMissing !== undefined, glewlwydMissing))

  it.each([
    ['client_secret_basic', 'Basic', bySecret, {}, null],
    ['client_secret_post', null, post, {}, null],
    ['client_secret_basic', 'Basic', bySecret, bound(), 'dpop'],
  ])('by %s: asks, calls, asks again, and ends its token', async (...given) => {
    const [method, scheme, oauth, options, binding] = given
    await using provider = await startGlewlwyd({ clients: [client(method)] })
    await using server = await startResourceServer(provider, options)
    await using house = await openHouse({ resolveSecret: async () => SECRET })
    const jobs = serviceAt(server.url, { ...oauth, issuer: provider.issuer })
    const grant = await house.grants.obtain(jobs)
    expect(grant).toMatchObject({ kind: 'service', account: 'warder-jobs', bound: binding })
    await callThroughBridge(house, jobs)
    await house.restart()
    await callThroughBridge(house, jobs)
    const asked = (await provider.requests()).filter(({ path }) => path.endsWith('/token'))
    expect(asked).toMatchObject([
      { status: 200, body: { resource: server.url, scope: 'mcp:read' } },
      { status: 200, body: { resource: server.url, scope: 'mcp:read' } },
    ])
    for (const { authorization } of asked) expect(authorization?.split(' ')[0] ?? null).toBe(scheme)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    // A JWT: what checks its signature only takes it on.
    expect(outcomes(receipt)).toEqual([
      'local done',
      'revoke-access-token done',
      'introspect-access-token done',
      'probe failed',
    ])
  })

  const keyed = client('private_key_jwt', jwks(ec.publicKey, { alg: 'ES256', kid: 'k1' }))

  it('wants its token endpoint in the assertion of a key: by a profile that says so it asks, calls, asks again', async () => {
    await using provider = await startGlewlwyd({ clients: [keyed], clientAssertions: true })
    await using server = await startResourceServer(provider)
    const { issuer } = provider
    const idp = { issuer, ...byKey, quirks: ['token-endpoint-as-audience'] }
    await using house = await openHouse({
      providers: { idp },
      resolveSecret: async () => key,
    })
    const jobs = {
      name: 'jobs',
      definition: remoteServerSchema.parse({ url: server.url, auth: 'service', provider: 'idp' }),
    }
    const grant = await house.grants.obtain(jobs)
    await callThroughBridge(house, jobs)
    await house.restart()
    await callThroughBridge(house, jobs)
    const receipt = await house.grants.revoke(grant.id, 'by the test')
    // Revocation takes secrets only there, and its metadata says so.
    expect(receipt).toMatchObject({
      state: 'local-only',
      remains: expect.stringContaining('did not accept the revocation (401)'),
    })
  })

  it('refuses an assertion for its issuer with 403 and no word, and the person is told which key', async () => {
    await using provider = await startGlewlwyd({ clients: [keyed], clientAssertions: true })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ resolveSecret: async () => key })
    const jobs = serviceAt(server.url, { ...byKey, issuer: provider.issuer })
    await expect(house.grants.obtain(jobs)).rejects.toMatchObject(refused)
  })

  it('refuses a wrong secret in the same way, and the person is told which one', async () => {
    await using provider = await startGlewlwyd({ clients: [client('client_secret_basic')] })
    await using server = await startResourceServer(provider)
    await using house = await openHouse({ resolveSecret: async () => 'another' })
    const jobs = serviceAt(server.url, { ...bySecret, issuer: provider.issuer })
    await expect(house.grants.obtain(jobs)).rejects.toMatchObject(refused)
  })
})

const refused = {
  code: 'oauth.client_refused',
  message:
    'The identity provider refused the client credentials (403). The client warder-jobs signs in with the secret jobs: if it is over or wrong, set it again with `warder secret set jobs`.',
}
