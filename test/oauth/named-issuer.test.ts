import { describe, expect, it } from 'vitest'
import { remoteServerSchema } from '../../main/store/config-schema.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import { allow, connectTo, openHouse, serverAt } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

const service = (url: string, oauth: object) => ({
  name: 'jobs',
  definition: remoteServerSchema.parse({
    url,
    auth: 'service',
    oauth: { clientId: 'warder', ...oauth },
  }),
})

const bySecret = { clientSecret: 'secret:jobs' }

const leadTo = (provider: ScriptedProvider, issuers: readonly string[]) =>
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ authorization_servers: issuers }),
  }))

const forms = (provider: ScriptedProvider, path: string) =>
  provider.to(path).map(({ form }) => Object.fromEntries(form))

describe('the secret of a client that was registered by hand', () => {
  it.each([
    ['client secret', bySecret],
    ['private key', { privateKey: 'secret:jobs' }],
  ])('(%s) goes to no issuer that only the server named', async (_what, proof) => {
    await using provider = await startScriptedProvider()
    let read = 0
    await using house = await openHouse({ resolveSecret: async () => `secret-${++read}` })
    const jobs = house.grants.obtain(service(provider.serverUrl, proof))
    await expect(jobs).rejects.toMatchObject({
      code: 'oauth.issuer_unnamed',
      message: expect.stringContaining(`--issuer ${provider.origin}`),
      details: { issuer: provider.origin },
    })
    const person = serverAt(provider.serverUrl, { clientId: 'warder', ...proof })
    for (const method of ['browser', 'device'] as const) {
      const asked = { issuer: provider.origin, method }
      await expect(house.grants.connect(person, asked)).rejects.toThrow()
    }
    expect(read).toBe(0)
    for (const path of ['/token', '/authorize', '/par', '/device'])
      expect(provider.to(path)).toEqual([])
  })

  it('goes to the named one alone, though the server names a hostile one first', async () => {
    await using provider = await startScriptedProvider()
    await using hostile = await startScriptedProvider()
    await using house = await openHouse()
    leadTo(provider, [hostile.origin])
    const named = service(provider.serverUrl, { ...bySecret, issuer: provider.origin })
    await expect(house.grants.obtain(named)).rejects.toMatchObject({
      code: 'oauth.issuer_not_listed',
    })
    leadTo(provider, [hostile.origin, provider.origin])
    expect(await house.grants.obtain(named)).toMatchObject({ issuer: provider.origin })
    for (const path of ['/token', '/.well-known/oauth-authorization-server'])
      expect(hostile.to(path)).toEqual([])
  })

  it('may be said to be of a profile’s provider', async () => {
    await using provider = await startScriptedProvider()
    const idp = { issuer: provider.origin, clientId: 'warder', ...bySecret }
    await using house = await openHouse({ providers: { idp } })
    const definition = remoteServerSchema.parse({
      url: provider.serverUrl,
      auth: 'service',
      provider: 'idp',
    })
    await house.grants.obtain({ name: 'jobs', definition })
  })
})

it('a client ID that came to no token at a hostile issuer keeps the right one out of nothing', async () => {
  await using provider = await startScriptedProvider()
  await using hostile = await startScriptedProvider()
  await using house = await openHouse()
  const notes = serverAt(provider.serverUrl, { clientId: 'by-hand' })
  leadTo(provider, [hostile.origin])
  const abandoned = await house.grants.connect(notes)
  abandoned.cancel()
  await expect(abandoned.completed).rejects.toThrow()
  leadTo(provider, [provider.origin])
  await allow(await house.grants.connect(notes))
  leadTo(provider, [hostile.origin])
  await expect(house.grants.connect(notes)).rejects.toMatchObject({ code: 'oauth.issuer_mismatch' })
})

/** A vault that stores everything but grants, once told so. */
function failing() {
  const store = createMemoryStore()
  const state = { fails: false, beforeGrant: async () => {} }
  return {
    state,
    vault: {
      ...store,
      set: async (key: string, value: string) => {
        if (key.startsWith('grant:')) {
          await state.beforeGrant()
          if (state.fails) throw new Error('the vault is full')
        }
        await store.set(key, value)
      },
    },
  }
}

describe('tokens that come to no grant', () => {
  it('of a person are given back where they cannot be stored', async () => {
    await using provider = await startScriptedProvider()
    const { vault, state } = failing()
    await using house = await openHouse({ vault })
    state.fails = true
    await expect(connectTo(house, provider.serverUrl)).rejects.toThrow()
    expect(forms(provider, '/revoke')).toMatchObject([
      { token_type_hint: 'refresh_token' },
      { token_type_hint: 'access_token' },
    ])
    expect(house.grants.list()).toEqual([])
  })

  it('of a service are given back, and the account that they would replace works on', async () => {
    await using provider = await startScriptedProvider()
    const { vault, state } = failing()
    await using house = await openHouse({ vault })
    const oauth = { ...bySecret, issuer: provider.origin }
    const before = await house.grants.obtain(service(provider.serverUrl, oauth), { account: 'a' })
    const anew = service(provider.serverUrl, { ...oauth, clientId: 'another' })
    state.fails = true
    await expect(house.grants.obtain(anew, { account: 'a' })).rejects.toThrow()
    expect(forms(provider, '/revoke')).toMatchObject([{ token: 'access-token-2' }])
    expect(house.events).not.toContain('revoked jobs/a')
    expect((await house.grants.accessToken('jobs')).grant.id).toBe(before.id)
  })

  it('are no one’s where the account was revoked while they were stored', async () => {
    await using provider = await startScriptedProvider()
    const { vault, state } = failing()
    await using house = await openHouse({ vault })
    const jobs = service(provider.serverUrl, { ...bySecret, issuer: provider.origin })
    const { id } = await house.grants.obtain(jobs)
    let receipt: Promise<unknown> = Promise.resolve()
    state.beforeGrant = async () => {
      receipt = house.grants.revoke(id, 'asked for')
    }
    await expect(house.grants.obtain(jobs)).rejects.toMatchObject({
      code: 'oauth.sign_in_abandoned',
    })
    await receipt
    expect(forms(provider, '/revoke').map(({ token }) => token)).toContain('access-token-2')
    expect(await vault.get(`grant:${id}`)).toBeNull()
  })

  it('are not stored beside a revocation that came while they waited for a renewal', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const jobs = service(provider.serverUrl, { ...bySecret, issuer: provider.origin })
    const { id } = await house.grants.obtain(jobs)
    house.time.now += 3_600_000
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    provider.answers.set('/token', async () => {
      if (provider.to('/token').length > 2)
        return { body: { access_token: 'the-second-token', token_type: 'Bearer' } }
      asked.resolve()
      await answer.promise
      return { body: { access_token: 'the-late-token', token_type: 'Bearer' } }
    })
    const arrived = Promise.withResolvers<void>()
    const { add } = house.knownSecrets
    house.knownSecrets.add = (label, value) => {
      add(label, value)
      if (value === 'the-second-token') arrived.resolve()
    }
    const renewal = house.grants.accessToken('jobs').catch(() => undefined)
    await asked.promise
    const obtained = house.grants.obtain(jobs).catch((error) => error)
    await arrived.promise
    const receipt = house.grants.revoke(id, 'asked for')
    answer.resolve()
    expect(await obtained).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    await Promise.all([renewal, receipt])
    expect(await house.vault.get(`grant:${id}`)).toBeNull()
    expect(
      forms(provider, '/revoke')
        .map(({ token }) => token)
        .sort(),
    ).toEqual(['the-late-token', 'the-second-token'])
  })
})
