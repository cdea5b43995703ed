import { expect, it } from 'vitest'
import { createDpopKey } from '../../main/oauth/dpop.ts'
import { remoteServerSchema } from '../../main/store/config-schema.ts'
import { readProof } from '../harness/dpop-proof.ts'
import { startBoundProvider } from './support/bound.ts'
import { connectTo, openHouse } from './support/house.ts'
import { shown } from './support/revocations.ts'
import {
  type Received,
  type Reply,
  type ScriptedProvider,
  startScriptedProvider,
} from './support/scripted-provider.ts'

const HOUR = 3_600_000
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const filesAt = (url: string, from = 'notes', oauth: object = {}, name = 'files') => ({
  name,
  definition: remoteServerSchema.parse({ url, oauth: { exchange: { from }, ...oauth } }),
})

/**
 * A signed-in server `notes` at `provider`, and another server, which names `provider` as its issuer too.
 *
 * @param bound the tokens of both are bound to a key
 */
async function stage(bound = false) {
  const provider = bound ? await startBoundProvider() : await startScriptedProvider()
  const other = await startScriptedProvider()
  names(other, provider, bound ? { dpop_bound_access_tokens_required: true } : {})
  const plain = provider.answers.get('/token')
  let exchanged = 0
  const answer = (changes: object = {}, request: (one: Received) => Reply = () => ({})) =>
    provider.answers.set('/token', async (one) => {
      if (one.form.get('grant_type') !== EXCHANGE) return (await plain?.(one)) ?? {}
      const body = {
        access_token: `exchanged-token-${++exchanged}`,
        issued_token_type: ACCESS_TOKEN,
        token_type: bound ? 'DPoP' : 'Bearer',
        expires_in: 1800,
        ...changes,
      }
      return { body, ...request(one) }
    })
  answer()
  const house = await openHouse()
  const subject = await connectTo(house, provider.serverUrl)
  return {
    provider,
    other,
    house,
    subject,
    answer,
    files: filesAt(other.serverUrl),
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    },
  }
}

const names = (server: ScriptedProvider, provider: ScriptedProvider, changes: object = {}) =>
  server.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: server.resourceMetadata({ authorization_servers: [provider.origin], ...changes }),
  }))

const exchanges = (provider: ScriptedProvider) =>
  provider
    .to('/token')
    .map(({ form }) => Object.fromEntries(form))
    .filter(({ grant_type: type }) => type === EXCHANGE)

it('gets a token for another server from the live token of the first, at its provider', async () => {
  await using at = await stage()
  const { value: subjectToken } = await at.house.grants.accessToken('notes')
  expect(await at.house.grants.obtain(at.files)).toMatchObject({
    kind: 'exchange',
    account: at.subject.account,
    issuer: at.provider.origin,
    resource: at.other.serverUrl,
  })
  expect(exchanges(at.provider)).toEqual([
    {
      grant_type: EXCHANGE,
      client_id: at.subject.clientId,
      subject_token: subjectToken,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      resource: at.other.serverUrl,
      scope: 'files:read',
    },
  ])
  expect(at.house.opened).toEqual([])
  const token = await at.house.grants.accessToken('files')
  expect(token).toMatchObject({ value: 'exchanged-token-1', serverUrl: at.other.serverUrl })
  expect(JSON.stringify(at.other.received)).not.toContain(subjectToken)
})

it('exchanges again with a token that lives, not with the one of the first time', async () => {
  await using at = await stage()
  await at.house.grants.obtain(at.files)
  await at.house.restart()
  at.house.time.now += HOUR
  await at.house.grants.accessToken('files')
  const tokens = exchanges(at.provider).map(({ subject_token: token }) => token)
  expect(new Set(tokens).size).toBe(2)
  expect(tokens[1]).toBe((await at.house.grants.accessToken('notes')).value)
})

it('shows the token to no other provider, whatever a server says of its own', async () => {
  await using at = await stage()
  names(at.other, at.other)
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.issuer_mismatch',
  })
  expect(at.other.to('/token')).toEqual([])
  expect(exchanges(at.provider)).toEqual([])
})

it('shows it to no other endpoint of the same provider', async () => {
  await using at = await stage()
  at.provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: at.provider.metadata({ token_endpoint: `${at.other.origin}/token` }),
  }))
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.issuer_mismatch',
  })
  expect(at.other.to('/token')).toEqual([])
})

it('is frozen when the provider moves after the first exchange', async () => {
  await using at = await stage()
  await at.house.grants.obtain(at.files)
  await at.house.restart()
  at.provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: at.provider.metadata({ token_endpoint: `${at.other.origin}/token` }),
  }))
  await expect(at.house.grants.accessToken('files')).rejects.toMatchObject({ code: 'grant.frozen' })
  expect(at.other.to('/token')).toEqual([])
})

it.each([
  ['does not say what it issued', { issued_token_type: undefined }],
  ['issued another kind of token', { issued_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
  ['issued what is no bearer token', { token_type: 'N_A' }],
])('a provider that %s: nothing is taken', async (_what, changes) => {
  await using at = await stage()
  at.answer(changes)
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
  expect(at.house.grants.list()).toHaveLength(1)
})

it('a provider that gives the subject token back: the other server does not see it', async () => {
  await using at = await stage()
  const { value } = await at.house.grants.accessToken('notes')
  at.answer({ access_token: value })
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
})

it('does not follow a redirect of the token endpoint', async () => {
  await using at = await stage()
  at.answer({}, () => ({ status: 307, headers: { location: `${at.other.origin}/token` } }))
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
  expect(at.other.to('/token')).toEqual([])
})

it('ends at once with the account that it came from, and is revoked with it', async () => {
  await using at = await stage()
  await at.house.grants.obtain(at.files)
  const done = at.house.grants.revoke(at.subject.id, 'asked for')
  expect(at.house.events).toContain('revoked files/default')
  await expect(at.house.grants.accessToken('files')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  await done
  await at.house.grants.close()
  expect(shown(at.provider)).toContain('exchanged-token-1')
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  expect(exchanges(at.provider)).toHaveLength(1)
})

it('ends when the account that it came from is signed out at the provider', async () => {
  await using at = await stage()
  await at.house.grants.obtain(at.files)
  at.house.time.now += HOUR
  at.provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
  await expect(at.house.grants.accessToken('notes')).rejects.toThrow()
  expect(at.house.events).toContain('revoked files/default')
  await expect(at.house.grants.accessToken('files')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
})

it('revoked alone leaves the account that it came from as it is', async () => {
  await using at = await stage()
  const grant = await at.house.grants.obtain(at.files)
  await at.house.grants.revoke(grant.id, 'asked for')
  expect(shown(at.provider)).toEqual(['exchanged-token-1'])
  await at.house.grants.accessToken('notes')
})

it('of an exchange is not made: two could wait for each other', async () => {
  await using at = await stage()
  await at.house.grants.obtain(at.files)
  const third = filesAt(at.other.serverUrl, 'files', {}, 'third')
  await expect(at.house.grants.obtain(third)).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  expect(exchanges(at.provider)).toHaveLength(1)
})

it('makes no bearer token of one that is bound to a key (RFC 9449)', async () => {
  await using at = await stage(true)
  names(at.other, at.provider)
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.dpop_unsupported',
  })
  expect(exchanges(at.provider)).toEqual([])
})

it('takes no bearer token from a provider that was asked for a bound one (RFC 9449 §5)', async () => {
  await using at = await stage(true)
  at.answer({ token_type: 'Bearer' })
  await expect(at.house.grants.obtain(at.files)).rejects.toMatchObject({
    code: 'oauth.dpop_downgrade',
  })
  expect(at.house.grants.list()).toHaveLength(1)
})

it('shows a bound token with a proof of its own key only (RFC 9449 §4.3)', async () => {
  await using at = await stage(true)
  const { id } = await at.house.grants.obtain(at.files)
  const [first, second] = await Promise.all(
    [at.provider.to('/token')[0], at.provider.to('/token').at(-1)].map((one) =>
      readProof(one?.headers.dpop),
    ),
  )
  expect(second?.jkt).toBe(first?.jkt)
  const item = JSON.parse((await at.house.vault.get(`grant:${id}`)) ?? '{}')
  await at.house.vault.set(`grant:${id}`, JSON.stringify({ ...item, dpopKey: createDpopKey() }))
  await at.house.restart()
  await expect(at.house.grants.accessToken('files')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  expect(exchanges(at.provider)).toHaveLength(1)
})

it('goes by a client of its own where the definition names one, at the same provider', async () => {
  await using at = await stage()
  const files = filesAt(at.other.serverUrl, 'notes', {
    clientId: 'exchanger',
    clientSecret: 'secret:files',
    issuer: at.provider.origin,
  })
  expect(await at.house.grants.obtain(files)).toMatchObject({ clientId: 'exchanger' })
  const authorization = at.provider.to('/token').at(-1)?.headers.authorization
  expect(authorization).toBe(`Basic ${btoa('exchanger:a-client-secret')}`)
})

it('is not believed where the database names another account than the vault', async () => {
  await using at = await stage()
  await at.house.grants.obtain(at.files)
  at.house.state.prepare("UPDATE grants SET exchanged_from = NULL WHERE kind = 'exchange'").run()
  await at.house.restart()
  await expect(at.house.grants.accessToken('files')).rejects.toMatchObject({ code: 'grant.frozen' })
})
