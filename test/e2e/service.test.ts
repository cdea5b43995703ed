import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AccountView, ReceiptView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { outcomeOf } from './support/audit.ts'
import { echo, refusalOf } from './support/calls.ts'
import { CLIENT, openStage } from './support/stage.ts'

/** A server that knows Warder itself as a client: nobody signs in, and everything else is as for a person. */

let chromium: Awaited<ReturnType<typeof launchBrowser>>
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

it('is added, connected, called through the bridge, recorded as a service, and revoked with proof', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }
  const provider = startOidcProvider({
    clients: [
      {
        client_id: 'warder-jobs',
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key] },
      },
    ],
    introspection: 'own',
  })
  await using stage = await openStage({
    chromium,
    provider,
    remote: { dpop: { nonce: () => null, proofs: new Set() } },
  })
  const { warder, remote } = stage
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await warder.ok(['secret', 'set', 'jobs-key'], pem)
  await warder.ok([
    ...['server', 'add', 'jobs', '--url', remote.url, '--auth', 'service'],
    ...['--client-id', 'warder-jobs', '--private-key', 'secret:jobs-key'],
    ...['--issuer', stage.provider.issuer, '--yes'],
  ])
  const account = await warder.ok<AccountView>(['connect', 'jobs'])
  expect(account).toMatchObject({
    account: 'jobs/warder-jobs',
    kind: 'service',
    bound: 'dpop',
    unused: null,
  })
  const client = await warder.client(CLIENT, 'jobs')
  expect(await echo(client)).toContain('hello')
  expect((await outcomeOf(warder, 'echo')).account).toBe('service:jobs/warder-jobs')

  const [receipt] = await warder.ok<ReceiptView[]>(['revoke', 'jobs/warder-jobs'])
  expect(receipt).toMatchObject({ state: 'proven', remains: null })
  const asked = await tokenRequests(stage.provider)
  expect(asked).toBeGreaterThan(0)
  expect((await refusalOf(echo(client))).code).toBe('grant.sign_in_needed')
  expect(await tokenRequests(stage.provider)).toBe(asked)
})

const tokenRequests = async (provider: IdentityProvider) =>
  (await provider.requests()).filter(({ path }) => path === '/token').length
