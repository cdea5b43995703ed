import { describe, expect, it } from 'vitest'
import type { Connected, Grant } from '../../main/oauth/types.ts'
import type { RemoteServer } from '../../main/store/config-schema.ts'
import { allow, type House, openHouse, serverAt, serverOf } from './support/house.ts'
import { idToken } from './support/id-token.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

/** Several accounts of one server: who is who, and that nobody takes another one's place. */

interface Answers {
  readonly claims?: Record<string, unknown> | null
  readonly userInfo?: Record<string, unknown>
  readonly introspection?: Record<string, unknown>
  readonly metadata?: Record<string, unknown>
  readonly account?: string
}

async function open(profile?: Record<string, unknown>, oauth?: RemoteServer['oauth']) {
  const stack = new AsyncDisposableStack()
  const provider = stack.use(await startScriptedProvider())
  const providers = { idp: profile ?? {} }
  const house = stack.use(await openHouse({ providers }))
  const server =
    profile === undefined
      ? serverAt(provider.serverUrl, oauth && { issuer: provider.origin, ...oauth })
      : serverOf(provider.serverUrl, oauth)
  let issued = 0
  return {
    provider,
    house,
    async signIn({ claims = null, account, ...answers }: Answers = {}): Promise<Connected> {
      script(provider, answers)
      house.time.now += 1000
      const signIn = await house.grants.connect(server, { account })
      const id_token = claims === null ? undefined : idToken(provider, signIn, claims)
      provider.answers.set('/token', () => ({
        body: {
          access_token: `access-${++issued}`,
          refresh_token: `refresh-${issued}`,
          token_type: 'bearer',
          expires_in: 3600,
          id_token,
        },
      }))
      await allow(signIn)
      return signIn.completed
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function script(provider: ScriptedProvider, answers: Answers): void {
  const { userInfo, introspection, metadata } = answers
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      scopes_supported: ['openid', 'email'],
      ...(userInfo && { userinfo_endpoint: `${provider.origin}/me` }),
      ...(introspection && { introspection_endpoint: `${provider.origin}/introspect` }),
      ...metadata,
    }),
  }))
  provider.answers.set('/me', () => ({ body: userInfo }))
  provider.answers.set('/introspect', () => ({ body: introspection }))
}

const tokenOf = async (house: House, { id }: Grant) => {
  const row = house.grants.list().find((one) => one.id === id)
  expect(row?.state).toBe('connected')
  return (await house.vault.get(`grant:${id}`)) ?? ''
}

describe('the name of an account', () => {
  it('is no address that nobody has proven to be theirs', async () => {
    for (const email_verified of [false, 'false']) {
      await using at = await open()
      const claims = { email: 'ada@example.test', email_verified, preferred_username: 'mallory' }
      expect((await at.signIn({ claims })).account).toBe('mallory')
    }
  })

  it('is not taken from userinfo of another subject', async () => {
    await using at = await open()
    const grant = await at.signIn({ claims: {}, userInfo: { sub: 'user-2', email: 'ada@x.test' } })
    expect(grant).toMatchObject({ account: 'user-1', subject: 'user-1', named: 'nobody' })
  })

  const confidential = { clientId: 'app', clientSecret: 'secret:s' }
  const methods = { token_endpoint_auth_methods_supported: ['client_secret_basic'] }

  it('comes from introspection where a confidential client may ask', async () => {
    await using at = await open(undefined, confidential)
    const introspection = { active: true, username: 'ada', sub: 'user-7' }
    const grant = await at.signIn({ introspection, metadata: methods })
    expect(grant).toMatchObject({ account: 'ada', subject: 'user-7', named: 'provider' })
    expect(at.provider.to('/introspect')[0]?.form.get('token')).toBe('access-1')
  })

  it.each([
    ['of another client', { active: true, username: 'ada', client_id: 'another' }],
    ['of a token that is over', { active: false, username: 'ada' }],
    ['of another person', { active: true, username: 'ada', sub: 'user-2' }],
  ])('is not taken from an introspection %s', async (_what, introspection) => {
    await using at = await open(undefined, confidential)
    const grant = await at.signIn({ claims: {}, introspection, metadata: methods })
    expect(grant).toMatchObject({ account: 'user-1', subject: 'user-1', named: 'nobody' })
    expect(at.provider.to('/introspect')).toHaveLength(1)
  })

  it('is not asked for where only clients that prove who they are may introspect', async () => {
    await using at = await open()
    const introspection = { active: true, username: 'ada' }
    const grant = await at.signIn({ introspection, account: 'work' })
    expect(grant).toMatchObject({ account: 'work', subject: null, named: 'person' })
    expect(at.provider.to('/introspect')).toEqual([])
  })

  it('and the organisation are the claims that the profile names', async () => {
    await using at = await open({ claims: { account: 'upn', organisation: 'tid' } })
    const claims = { upn: 'ada@corp.test', email: 'other@x.test', tid: 'tenant-1' }
    const grant = await at.signIn({ claims })
    expect(grant).toMatchObject({ account: 'ada@corp.test', organisation: 'tenant-1' })
    expect(at.house.grants.list()).toMatchObject([{ organisation: 'tenant-1', subject: 'user-1' }])
  })
})

describe('two people with one address', () => {
  const ada = { sub: 'ada', email: 'desk@example.test' }
  const bob = { sub: 'bob', email: 'desk@example.test' }

  it('are two accounts; neither sign-in touches the other', async () => {
    await using at = await open()
    const first = await at.signIn({ claims: ada })
    const sealed = await tokenOf(at.house, first)
    const second = await at.signIn({ claims: bob })
    expect(second).toMatchObject({ account: 'desk@example.test#2', insteadOf: null })
    expect(await tokenOf(at.house, first)).toBe(sealed)
    expect((await at.house.grants.accessToken('notes')).grant.id).toBe(first.id)

    const again = await at.signIn({ claims: bob })
    const live = at.house.grants.list().filter(({ state }) => state !== 'revoking')
    expect([again.account, live.length]).toEqual(['desk@example.test#2', 2])
  })

  it('stay two when the first is gone: its name, and what was chosen by it, goes to nobody', async () => {
    await using at = await open()
    const first = await at.signIn({ claims: ada })
    await at.house.grants.revoke(first.id, 'asked for')
    expect((await at.signIn({ claims: bob })).account).toBe('desk@example.test#2')
    expect((await at.signIn({ claims: ada })).account).toBe('desk@example.test')
  })

  it('are one person under a new address, whose label stays', async () => {
    await using at = await open()
    const first = await at.signIn({ claims: ada, account: 'work' })
    const moved = await at.signIn({ claims: { sub: 'ada', email: 'ada@new.test' } })
    expect(moved).toMatchObject({ account: 'ada@new.test', since: first.since })
    expect(at.house.grants.find('notes/work').account).toBe('ada@new.test')
    expect(at.house.grants.list().filter(({ state }) => state === 'connected')).toHaveLength(1)
  })
})

describe('a sign-in that was to renew another account', () => {
  it('becomes a second account and says so', async () => {
    await using at = await open()
    const work = await at.signIn({ claims: { sub: 'ada', email: 'ada@x.test' }, account: 'work' })
    const sealed = await tokenOf(at.house, work)
    const other = await at.signIn({ claims: { sub: 'bob', email: 'bob@x.test' }, account: 'work' })
    expect(other).toMatchObject({ account: 'bob@x.test', insteadOf: 'ada@x.test' })
    expect(await tokenOf(at.house, work)).toBe(sealed)
    expect(at.house.grants.find('notes/work').id).toBe(work.id)
  })

  it('does not take over the name of a person from a provider that names nobody', async () => {
    await using at = await open()
    const work = await at.signIn({ claims: { sub: 'ada' }, account: 'work' })
    const other = await at.signIn({ account: 'work' })
    expect(other).toMatchObject({ account: 'default', subject: null, insteadOf: 'work' })
    expect(at.house.grants.find('notes/work').id).toBe(work.id)
  })

  it('is nobody at another provider, though both name nobody: its name stays where it was', async () => {
    await using at = await open()
    await using other = await startScriptedProvider()
    const first = await at.signIn({ account: 'work' })
    const sealed = await tokenOf(at.house, first)
    at.provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: at.provider.resourceMetadata({ authorization_servers: [other.origin] }),
    }))
    const second = await at.signIn({ account: 'work' })
    expect(second).toMatchObject({ issuer: other.origin, insteadOf: 'work' })
    expect(at.house.grants.find('notes/work').id).toBe(first.id)
    expect(await tokenOf(at.house, first)).toBe(sealed)
  })

  it('renews where it is the same one, and keeps its place among the accounts', async () => {
    await using at = await open()
    const first = await at.signIn({ account: 'work' })
    const second = await at.signIn({ account: 'home' })
    expect((await at.house.grants.accessToken('notes')).grant.account).toBe('work')
    const again = await at.signIn({ account: 'work' })
    expect([again.insteadOf, again.since]).toEqual([null, first.since])
    expect(again.connectedAt).toBeGreaterThan(second.connectedAt)
    expect((await at.house.grants.accessToken('notes')).grant.account).toBe('work')
  })
})

it('never uses another account because the first is signed out', async () => {
  await using at = await open()
  const first = await at.signIn({ claims: { sub: 'ada', email: 'ada@x.test' } })
  await at.signIn({ claims: { sub: 'bob', email: 'bob@x.test' } })
  await at.house.vault.delete(`grant:${first.id}`)
  await at.house.restart()
  await expect(at.house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
    message: expect.stringContaining('notes/ada@x.test'),
  })
  await expect(at.house.grants.accessToken('notes')).rejects.toMatchObject({
    message: expect.stringContaining('notes/ada@x.test'),
  })
})

describe('a name that a person gives', () => {
  it('is the account from then on, in its history too', async () => {
    await using at = await open()
    const { id } = await at.signIn({ claims: { sub: 'ada' } })
    expect(at.house.grants.rename(id, ' wo\u202erk ').account).toBe('work')
    expect(at.house.grants.find('notes/work').id).toBe(id)
    expect(at.house.grants.history('notes/work', 5).entries).toHaveLength(1)
    expect((await at.signIn({ claims: { sub: 'ada' } })).account).toBe('work')
  })

  it('is never one that another account has or had', async () => {
    await using at = await open()
    const first = await at.signIn({ claims: { sub: 'ada', email: 'ada@x.test' }, account: 'mine' })
    const { id } = await at.signIn({ claims: { sub: 'bob' } })
    for (const name of ['ada@x.test', 'mine', ' \u202e '])
      expect(() => at.house.grants.rename(id, name)).toThrow(/is or was called|can be seen/)
    await at.house.grants.revoke(first.id, 'asked for')
    expect(() => at.house.grants.rename(id, 'ada@x.test')).toThrow(/is or was called/)
  })
})
