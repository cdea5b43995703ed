import { describe, expect, it } from 'vitest'
import { errorOf } from '../../e2e/support/calls.ts'
import { deviceGrant, openDeviceWorld } from '../support/device.ts'
import { openHouse, serverAt, serverOf } from '../support/house.ts'

describe('RFC 8628 §3.1 to §3.4: a sign-in by code', () => {
  it('asks with client, scope and resource, shows the code, and ends with a grant', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    world.answers.push('authorization_pending', 'slow_down')
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    expect(signIn).toMatchObject({
      url: `${provider.origin}/activate`,
      host: new URL(provider.origin).host,
      issuer: provider.origin,
      scopes: ['files:read'],
      device: {
        userCode: 'WDJB-MJHT',
        complete: `${provider.origin}/activate?user_code=WDJB-MJHT`,
      },
    })
    expect(await signIn.completed).toMatchObject({ state: 'connected', renewable: true })
    expect(house.opened).toEqual([])
    expect(world.waits).toEqual([7000, 7000, 12_000])

    const [asked] = provider.to('/device').map(({ form }) => Object.fromEntries(form))
    expect(asked).toEqual({
      client_id: 'client-1',
      scope: 'files:read',
      resource: provider.serverUrl,
    })
    const redeemed = provider.to('/token').map(({ form }) => Object.fromEntries(form))
    expect(redeemed).toHaveLength(3)
    expect(redeemed[2]).toEqual({
      grant_type: deviceGrant,
      device_code: 'the-device-code',
      client_id: 'client-1',
      resource: provider.serverUrl,
    })
  })

  it('registers for nothing but the device grant, and only where it was asked for', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const byCode = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    await byCode.completed
    const inBrowser = await house.grants.connect(serverAt(provider.serverUrl))
    inBrowser.cancel()
    const registered = provider.to('/register').map(({ json }) => json)
    expect(registered).toMatchObject([
      { grant_types: [deviceGrant, 'refresh_token'], response_types: [] },
      { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
    ])
  })

  it('uses no registration of the one kind for the other, left over or not', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    for (const method of ['device', 'browser', 'device', 'browser'] as const) {
      const waiting = method === 'device' ? world.hold() : undefined
      const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method })
      await waiting
      signIn.cancel()
      await errorOf(signIn.completed)
    }
    expect(provider.to('/register')).toHaveLength(2)
  })

  it('gives each of two sign-ins a registration of its own, though no port keeps them apart', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const held = world.hold()
    const one = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    await held
    const two = await house.grants.connect(serverAt(provider.serverUrl, undefined, 'another'), {
      method: 'device',
    })
    const clients = provider.to('/device').map(({ form }) => form.get('client_id'))
    expect(new Set(clients).size).toBe(2)
    for (const signIn of [one, two]) {
      signIn.cancel()
      await errorOf(signIn.completed)
    }
  })

  it('seals the grant without a redirect URI, and renews it as any other', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    const grant = await signIn.completed
    const sealed = JSON.parse((await house.vault.get(`grant:${grant.id}`)) ?? '{}')
    expect(sealed).toMatchObject({ redirectUri: '', tokenEndpoint: `${provider.origin}/token` })
    await house.restart()
    await house.grants.accessToken('notes')
    const last = provider.to('/token').at(-1)?.form
    expect(last?.get('grant_type')).toBe('refresh_token')
    expect(last?.get('refresh_token')).toBe('the-refresh-token')
  })

  it('masks the device code, and keeps the browser closed until a person wants it', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const waiting = world.hold()
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    await waiting
    expect(house.opened).toEqual([])
    await signIn.open()
    expect(house.opened).toEqual([`${provider.origin}/activate`])
    const values = [...house.knownSecrets.entries()].map(({ value }) => value)
    expect(values).toContain('the-device-code')
    signIn.cancel()
    expect(await errorOf(signIn.completed)).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    expect(provider.to('/token')).toEqual([])
  })

  it('takes no pasted address: there is no redirect', async () => {
    await using world = await openDeviceWorld()
    const signIn = await world.house.grants.connect(serverAt(world.provider.serverUrl), {
      method: 'device',
    })
    expect(() => signIn.answer('http://127.0.0.1:1/cb?code=x')).toThrow('enter the code')
    await signIn.completed
  })

  it('gives back what arrives after it was cancelled', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const asked = Promise.withResolvers<void>()
    const cancelled = Promise.withResolvers<void>()
    provider.answers.set('/token', async () => {
      asked.resolve()
      await cancelled.promise
      return { body: { access_token: 'late', token_type: 'Bearer', refresh_token: 'late-refresh' } }
    })
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    await asked.promise
    signIn.cancel()
    cancelled.resolve()
    expect(await errorOf(signIn.completed)).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    expect(house.grants.list()).toEqual([])
    expect(provider.to('/revoke').map(({ form }) => form.get('token'))).toEqual([
      'late-refresh',
      'late',
    ])
  })

  it('a new sign-in at the same server ends the one that waits', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const waiting = world.hold()
    const first = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    await waiting
    const second = await house.grants.connect(serverAt(provider.serverUrl))
    expect(await errorOf(first.completed)).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    second.cancel()
  })

  it('takes a client that was registered by hand, with its secret, at both endpoints (§3.1)', async () => {
    await using world = await openDeviceWorld(
      {},
      { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
    )
    const { provider, house } = world
    const server = serverAt(provider.serverUrl, {
      clientId: 'by-hand',
      clientSecret: 'secret:notes',
      issuer: provider.origin,
    })
    const signIn = await house.grants.connect(server, { method: 'device' })
    await signIn.completed
    const basic = `Basic ${Buffer.from('by-hand:a-client-secret').toString('base64')}`
    for (const path of ['/device', '/token'])
      expect(provider.to(path).map(({ headers }) => headers.authorization)).toEqual([basic])
    expect(provider.to('/register')).toEqual([])
  })

  it('does not send resource to a provider that is known to refuse it', async () => {
    await using world = await openDeviceWorld()
    const { provider } = world
    await using house = await openHouse({
      wait: async () => undefined,
      providers: { idp: { quirks: ['no-resource-parameter'] } },
    })
    await (await house.grants.connect(serverOf(provider.serverUrl), { method: 'device' })).completed
    for (const path of ['/device', '/token'])
      expect(provider.to(path).map(({ form }) => form.get('resource'))).toEqual([null])
  })
})

describe('RFC 8628 §4: a provider without sign-in by code', () => {
  it.each([
    ['names no endpoint for it', { device_authorization_endpoint: undefined }],
    [
      'lists its grant types without it',
      { grant_types_supported: ['authorization_code', 'refresh_token'] },
    ],
  ])('is told from one that has it: it %s', async (_what, metadata) => {
    await using world = await openDeviceWorld({}, metadata)
    const { provider, house } = world
    const error = await errorOf(
      house.grants.connect(serverAt(provider.serverUrl), { method: 'device' }),
    )
    expect(error).toMatchObject({ code: 'oauth.device_unsupported' })
    expect(provider.to('/register')).toEqual([])
    const inBrowser = await house.grants.connect(serverAt(provider.serverUrl))
    expect(inBrowser.deviceOffered).toBe(false)
    inBrowser.cancel()
  })

  it('is offered where the provider has it, and never begun for it', async () => {
    await using world = await openDeviceWorld()
    const signIn = await world.house.grants.connect(serverAt(world.provider.serverUrl))
    expect(signIn).toMatchObject({ deviceOffered: true, device: null })
    expect(world.provider.to('/device')).toEqual([])
    signIn.cancel()
  })
})
