import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { decodeJwt, importSPKI, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { remoteServerSchema } from '../../main/store/config-schema.ts'
import { RESOURCE_METADATA, startBoundProvider, tokens } from './support/bound.ts'
import { gate } from './support/gate.ts'
import { connectTo, type HouseOptions, openHouse, serverAt } from './support/house.ts'
import { announce } from './support/revocations.ts'
import {
  type Reply,
  type ScriptedProvider,
  startScriptedProvider,
} from './support/scripted-provider.ts'

const HOUR = 3_600_000
const SECRET = 'a-client-secret'

const serviceAt = (url: string, oauth: object = { clientSecret: 'secret:jobs' }) => ({
  name: 'jobs',
  definition: remoteServerSchema.parse({
    url,
    auth: 'service',
    oauth: { clientId: 'warder', issuer: new URL(url).origin, ...oauth },
  }),
})

const byKey = { privateKey: 'secret:jobs' }

async function stage(options: HouseOptions & { metadata?: Record<string, unknown> } = {}) {
  const { metadata = { token_endpoint_auth_methods_supported: ['client_secret_basic'] } } = options
  const provider = await startScriptedProvider()
  announce(provider, metadata)
  const house = await openHouse(options)
  return {
    provider,
    house,
    service: serviceAt(provider.serverUrl),
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

const forms = (provider: ScriptedProvider, path = '/token') =>
  provider.to(path).map(({ form }) => Object.fromEntries(form))

const basic = (secret: string) => `Basic ${btoa(`warder:${secret}`)}`

describe('a service', () => {
  it('signs in as the client itself, without a browser, for this server only', async () => {
    await using at = await stage()
    const grant = await at.house.grants.obtain(at.service)
    expect(grant).toMatchObject({
      kind: 'service',
      account: 'warder',
      state: 'connected',
      issuer: at.provider.origin,
      scopes: ['files:read'],
    })
    expect(at.house.opened).toEqual([])
    expect(forms(at.provider)).toEqual([
      { grant_type: 'client_credentials', resource: at.provider.serverUrl, scope: 'files:read' },
    ])
    expect(at.provider.to('/token')[0]?.headers.authorization).toBe(basic(SECRET))
    expect(at.provider.to('/authorize')).toEqual([])
    const token = await at.house.grants.accessToken('jobs')
    expect(token).toMatchObject({ value: 'access-token-1', serverUrl: at.provider.serverUrl })
  })

  it('sends its secret in the form where the provider takes it nowhere else', async () => {
    await using at = await stage({
      metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
    })
    await at.house.grants.obtain(at.service)
    expect(forms(at.provider)[0]).toMatchObject({ client_id: 'warder', client_secret: SECRET })
    expect(at.provider.to('/token')[0]?.headers.authorization).toBeUndefined()
  })

  it('is called what a person says, and asks for what the definition says', async () => {
    await using at = await stage()
    const service = serviceAt(at.provider.serverUrl, {
      clientSecret: 'secret:jobs',
      scopes: ['jobs:run'],
    })
    expect(await at.house.grants.obtain(service, { account: 'nightly' })).toMatchObject({
      account: 'nightly',
      scopes: ['jobs:run'],
    })
    expect(forms(at.provider)[0]).toMatchObject({ scope: 'jobs:run' })
  })

  it('takes no refresh token, and asks again in the same way, one request at a time', async () => {
    await using at = await stage()
    await at.house.grants.obtain(at.service)
    at.house.time.now += HOUR
    const ask = () => at.house.grants.accessToken('jobs')
    const [first, second] = await Promise.all([ask(), ask()])
    expect(first.value).toBe(second.value)
    const [before, after, ...more] = forms(at.provider)
    expect([after, more]).toEqual([before, []])
    const { entries } = at.house.grants.history('jobs/warder', 10)
    expect(entries.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['renewal', 'renewed'],
      ['signed-in', null],
    ])
    const [{ id } = { id: '' }] = at.house.grants.list()
    expect(await at.house.vault.get(`grant:${id}`)).not.toMatch(/(?:access|refresh)-token-/)
  })

  it('asks anew after a restart', async () => {
    await using at = await stage()
    await at.house.grants.obtain(at.service)
    await at.house.restart()
    expect((await at.house.grants.accessToken('jobs')).value).toBe('access-token-2')
  })

  it('needs no page and no PKCE of its provider, which a person does need', async () => {
    const unattended = {
      authorization_endpoint: undefined,
      code_challenge_methods_supported: undefined,
      response_types_supported: [],
    }
    await using at = await stage({ metadata: unattended })
    await at.house.grants.obtain(at.service)
    await at.house.restart()
    await at.house.grants.accessToken('jobs')
    await expect(at.house.grants.connect(serverAt(at.provider.serverUrl))).rejects.toMatchObject({
      code: 'oauth.metadata_invalid',
    })
    announce(at.provider, { code_challenge_methods_supported: undefined })
    await expect(at.house.grants.connect(serverAt(at.provider.serverUrl))).rejects.toMatchObject({
      code: 'oauth.pkce_unsupported',
    })
  })

  it.each([
    [{}, 'oauth.service_incomplete'],
    [{ clientId: undefined, clientSecret: 'secret:jobs' }, 'oauth.service_incomplete'],
  ])('without client or secret (%j) asks for nothing', async (oauth, code) => {
    await using at = await stage()
    const service = serviceAt(at.provider.serverUrl, oauth)
    await expect(at.house.grants.obtain(service)).rejects.toMatchObject({ code })
    expect(at.provider.to('/token')).toEqual([])
  })

  it('and a person at the same server are two grants; neither stands in for the other', async () => {
    await using at = await stage({
      metadata: { token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'] },
    })
    const person = await connectTo(at.house, at.provider.serverUrl, undefined, 'warder')
    const service = { ...at.service, name: 'notes' }
    const grant = await at.house.grants.obtain(service)
    expect(grant.id).not.toBe(person.id)
    expect([person.account, grant.account]).toEqual(['warder', 'warder#2'])
    expect(at.house.events).not.toContain('revoked notes/warder')
  })
})

describe('what a service meets', () => {
  const refused = (status: number, error: string) => () => ({
    status,
    headers: { 'www-authenticate': 'Basic realm="as"' },
    body: { error },
  })

  it('a wrong secret: says which one to mend, and leaves no account', async () => {
    await using at = await stage()
    at.provider.answers.set('/token', refused(401, 'invalid_client'))
    const error = await at.house.grants.obtain(at.service).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'oauth.client_refused' })
    expect(error.message).toContain('warder secret set jobs')
    expect(error.message).not.toContain(SECRET)
    expect(at.house.grants.list()).toEqual([])
  })

  it('a secret that is over: is signed out until a person connects it, naming the secret', async () => {
    await using at = await stage()
    await at.house.grants.obtain(at.service)
    at.house.time.now += HOUR
    const good = at.provider.answers.get('/token')
    at.provider.answers.set('/token', () => ({ ...refused(401, '')(), body: {} }))
    const error = await at.house.grants.accessToken('jobs').catch((caught) => caught)
    expect(error).toMatchObject({ code: 'grant.sign_in_needed' })
    expect(error.message).toContain('warder secret set jobs')
    expect(at.house.grants.list()).toMatchObject([{ state: 'sign-in-needed' }])
    if (good) at.provider.answers.set('/token', good)
    await expect(at.house.grants.accessToken('jobs')).rejects.toThrow()
    expect(at.provider.to('/token')).toHaveLength(2)
    await at.house.grants.obtain(at.service)
    await at.house.grants.accessToken('jobs')
  })

  it.each([
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }],
    [
      'a type of token that it did not ask for',
      { body: { access_token: 'token-of-another-type', token_type: 'mac' } },
    ],
    ['no token', { body: { token_type: 'Bearer' } }],
  ])('%s: takes nothing', async (_what, reply) => {
    await using at = await stage()
    at.provider.answers.set('/token', () => reply)
    at.provider.answers.set('/elsewhere', () => ({
      body: { access_token: 'token-from-elsewhere', token_type: 'Bearer' },
    }))
    await expect(at.house.grants.obtain(at.service)).rejects.toBeInstanceOf(WarderError)
    expect(at.provider.to('/elsewhere')).toEqual([])
    expect(at.house.grants.list()).toEqual([])
  })

  it('another issuer of the same client: sends it nothing', async () => {
    await using at = await stage()
    await using other = await startScriptedProvider()
    await at.house.grants.obtain(at.service)
    at.provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: at.provider.resourceMetadata({ authorization_servers: [other.origin] }),
    }))
    await expect(at.house.grants.obtain(at.service)).rejects.toMatchObject({
      code: 'oauth.issuer_not_listed',
    })
    expect(other.to('/token')).toEqual([])
  })

  it('another token endpoint: is frozen, and sends nothing to either', async () => {
    await using at = await stage()
    await at.house.grants.obtain(at.service)
    at.house.time.now += HOUR
    announce(at.provider, { token_endpoint: `${at.provider.origin}/other` })
    await expect(at.house.grants.accessToken('jobs')).rejects.toMatchObject({
      code: 'grant.frozen',
    })
    expect(at.provider.to('/other')).toEqual([])
    expect(at.provider.to('/token')).toHaveLength(1)
  })
})

describe('a service whose server takes bound tokens only (RFC 9449)', () => {
  const boundStage = async (token: () => Reply | Promise<Reply>) => {
    const provider = await startBoundProvider()
    provider.answers.set('/token', token)
    const house = await openHouse()
    return {
      provider,
      house,
      service: serviceAt(provider.serverUrl),
      async [Symbol.asyncDispose]() {
        await house[Symbol.asyncDispose]()
        await provider[Symbol.asyncDispose]()
      },
    }
  }

  it('takes no bearer token', async () => {
    await using at = await boundStage(() => tokens('Bearer'))
    await expect(at.house.grants.obtain(at.service)).rejects.toMatchObject({
      code: 'oauth.dpop_downgrade',
    })
    expect(at.house.grants.list()).toEqual([])
  })

  it('is frozen where its provider stops binding, and takes nothing', async () => {
    let type = 'DPoP'
    await using at = await boundStage(() => tokens(type))
    await at.house.grants.obtain(at.service)
    type = 'Bearer'
    at.house.time.now += HOUR
    await expect(at.house.grants.accessToken('jobs')).rejects.toMatchObject({
      code: 'oauth.dpop_downgrade',
    })
    expect(at.house.grants.list()).toMatchObject([{ state: 'frozen' }])
  })

  it('asks for no other ones where the server stops asking for them', async () => {
    await using at = await boundStage(() => tokens('DPoP'))
    await at.house.grants.obtain(at.service)
    at.provider.answers.set(RESOURCE_METADATA, () => ({ body: at.provider.resourceMetadata() }))
    expect(await at.house.grants.obtain(at.service)).toMatchObject({ bound: 'dpop' })
    announce(at.provider, {})
    await expect(at.house.grants.obtain(at.service)).rejects.toMatchObject({
      code: 'oauth.dpop_unsupported',
    })
  })
})

describe('revoking a service', () => {
  it('ends its token at the provider, and nothing brings it back but a person', async () => {
    await using at = await stage()
    const grant = await at.house.grants.obtain(at.service)
    const receipt = await at.house.grants.revoke(grant.id, 'asked for')
    expect(receipt.state).toBe('proven')
    expect(forms(at.provider, '/revoke')).toEqual([
      { token: 'access-token-1', token_type_hint: 'access_token' },
    ])
    expect(at.provider.to('/revoke')[0]?.headers.authorization).toBe(basic(SECRET))
    for (const again of [() => undefined, () => at.house.restart()]) {
      await again()
      await expect(at.house.grants.accessToken('jobs')).rejects.toMatchObject({
        code: 'grant.sign_in_needed',
      })
    }
    expect(at.provider.to('/token')).toHaveLength(1)
    await at.house.grants.obtain(at.service)
    await at.house.grants.accessToken('jobs')
  })

  it('in the middle of a request takes the token that comes of it', async () => {
    await using at = await stage()
    const grant = await at.house.grants.obtain(at.service)
    at.house.time.now += HOUR
    const { begun, open, pass } = gate()
    at.provider.answers.set('/token', async () => {
      await pass()
      return { body: { access_token: 'the-late-token', token_type: 'Bearer' } }
    })
    const call = at.house.grants.accessToken('jobs').catch((error) => error.code)
    await begun
    const receipt = at.house.grants.revoke(grant.id, 'asked for')
    open()
    expect(await call).toBe('grant.sign_in_needed')
    expect((await receipt).state).toBe('proven')
    expect(forms(at.provider, '/revoke')).toMatchObject([{ token: 'the-late-token' }])
  })

  it('of which no token is at hand says that one may live on', async () => {
    await using at = await stage()
    const grant = await at.house.grants.obtain(at.service)
    await at.house.restart()
    const receipt = await at.house.grants.revoke(grant.id, 'asked for')
    expect(receipt.state).toBe('local-only')
    expect(receipt.remains).toContain('may still be accepted')
  })
})

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const oneLine = (text: string) => text.trim().replaceAll('\n', ' ')
const jwk = (key: KeyObject, more: object = {}) =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')

describe('a private key', () => {
  it.each([
    ['EC, PEM', ec, pem(ec.privateKey), undefined, 'ES256', undefined],
    ['EC, PEM in one line', ec, oneLine(pem(ec.privateKey)), undefined, 'ES256', undefined],
    ['EC, JWK', ec, jwk(ec.privateKey, { kid: 'k1', alg: 'ES256' }), undefined, 'ES256', 'k1'],
    ['RSA', rsa, pem(rsa.privateKey), ['RS256', 'PS256'], 'RS256', undefined],
    ['RSA for PSS', rsa, pem(rsa.privateKey), ['PS256'], 'PS256', undefined],
    ['RSA, JWK', rsa, jwk(rsa.privateKey, { alg: 'PS256' }), ['RS256'], 'PS256', undefined],
    ['Ed25519', ed, pem(ed.privateKey), undefined, 'EdDSA', undefined],
  ])('%s: signs for the issuer alone, briefly, and never twice the same', async (...given) => {
    const [, { publicKey }, secret, offered, alg, kid] = given
    await using at = await stage({
      metadata: {
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
        token_endpoint_auth_signing_alg_values_supported: offered,
      },
      resolveSecret: async () => secret,
    })
    const grant = await at.house.grants.obtain(serviceAt(at.provider.serverUrl, byKey))
    await at.house.grants.revoke(grant.id, 'asked for')
    const sent = [...forms(at.provider), ...forms(at.provider, '/revoke')]
    expect(sent).toHaveLength(2)
    const ids = new Set<unknown>()
    for (const { client_assertion: assertion = '', ...form } of sent) {
      expect(form.client_assertion_type).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      )
      const { payload, protectedHeader } = await jwtVerify(
        assertion,
        await importSPKI(spki(publicKey), alg),
      )
      expect(payload).toMatchObject({ iss: 'warder', sub: 'warder', aud: at.provider.origin })
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(60)
      expect([protectedHeader.alg, protectedHeader.kid]).toEqual([alg, kid])
      ids.add(payload.jti)
    }
    expect(ids.size).toBe(2)
  })

  it('signs for the token endpoint where its profile says that the provider wants that', async () => {
    await using at = await stage({
      metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      resolveSecret: async () => pem(ec.privateKey),
      providers: { idp: { quirks: ['token-endpoint-as-audience'] } },
    })
    const { definition } = serviceAt(at.provider.serverUrl, byKey)
    await at.house.grants.obtain({ name: 'jobs', definition: { ...definition, provider: 'idp' } })
    const [{ client_assertion: assertion = '' } = {}] = forms(at.provider)
    expect(decodeJwt(assertion).aud).toBe(`${at.provider.origin}/token`)
  })

  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  it.each([
    ['nothing of a key', 'hunter2-hunter2'],
    ['a public key', jwk(ec.publicKey)],
    ['a public key in PEM', spki(ec.publicKey)],
    ['a damaged one', pem(ec.privateKey).replace(/[A-Za-z0-9]{12}/, 'AAAAAAAAAAAA')],
    ['a shared secret', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0LXNlY3JldA' })],
    ['another algorithm', jwk(ec.privateKey, { alg: 'RS256' })],
    ['a small one', pem(small)],
  ])('that is %s: says so, quotes nothing of it, and sends nothing', async (_what, secret) => {
    await using at = await stage({ resolveSecret: async () => secret })
    const service = serviceAt(at.provider.serverUrl, byKey)
    const error = await at.house.grants.obtain(service).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'oauth.client_key' })
    const told = `${error.message} ${error.stack} ${String(error.cause)}`
    const telling = secret.match(/[A-Za-z0-9_+/-]{16,}/g) ?? [secret]
    expect(telling.filter((part) => told.includes(part))).toEqual([])
    expect(at.provider.to('/token')).toEqual([])
  })

  it('also signs for a person who signs in with a client that was registered by hand', async () => {
    await using at = await stage({
      metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      resolveSecret: async () => pem(ec.privateKey),
    })
    const issuer = at.provider.origin
    const oauth = { clientId: 'warder', privateKey: 'secret:jobs', issuer }
    await connectTo(at.house, at.provider.serverUrl, oauth)
    at.house.time.now += HOUR
    await at.house.grants.accessToken('notes')
    const sent = forms(at.provider)
    expect(sent.map(({ grant_type: type }) => type)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    expect(sent.filter(({ client_assertion: assertion }) => !assertion)).toEqual([])
  })
})
