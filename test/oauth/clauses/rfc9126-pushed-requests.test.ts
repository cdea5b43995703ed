import { describe, expect, it } from 'vitest'
import type { RemoteServer } from '../../../main/store/config-schema.ts'
import { errorOf } from '../../e2e/support/calls.ts'
import { allow, openHouse, serverAt } from '../support/house.ts'
import { type Reply, startScriptedProvider } from '../support/scripted-provider.ts'

/** A provider that takes no request but a pushed one (§5). */
async function pushing(metadata: Record<string, unknown> = {}) {
  await using stack = new AsyncDisposableStack()
  const provider = stack.use(await startScriptedProvider())
  const house = stack.use(await openHouse())
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: `${provider.origin}/par`,
      ...metadata,
    }),
  }))
  let pushed = 0
  const answer = (reply: (count: number) => Reply) =>
    provider.answers.set('/par', () => reply(++pushed))
  answer((count) => ({
    status: 201,
    body: { request_uri: `urn:example:${count}`, expires_in: 60 },
  }))
  const kept = stack.move()
  return {
    provider,
    house,
    answer,
    connect: (oauth?: RemoteServer['oauth']) =>
      house.grants.connect(serverAt(provider.serverUrl, oauth)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const requestUri = (url: string | undefined) => new URL(url ?? '').searchParams.get('request_uri')

describe('RFC 9126: pushed authorization requests', () => {
  it('§4: what is opened holds client and request_uri, and nothing else', async () => {
    await using world = await pushing()
    const signIn = await world.connect()
    const { origin, pathname, searchParams } = new URL(signIn.url)
    expect(`${origin}${pathname}`).toBe(`${world.provider.origin}/authorize`)
    expect([...searchParams]).toEqual([
      ['client_id', 'client-1'],
      ['request_uri', 'urn:example:1'],
    ])
    signIn.cancel()
  })

  it('§2.1: everything else was pushed, without a request_uri', async () => {
    await using world = await pushing()
    const signIn = await world.connect()
    const [form] = world.provider.to('/par').map((request) => Object.fromEntries(request.form))
    expect(form).toMatchObject({
      response_type: 'code',
      client_id: 'client-1',
      code_challenge_method: 'S256',
      resource: world.provider.serverUrl,
      scope: 'files:read',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/cb\//),
      state: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(form).not.toHaveProperty('request_uri')
    expect(form).not.toHaveProperty('code_verifier')
    signIn.cancel()
  })

  it('§2: authenticates as at the token endpoint', async () => {
    await using world = await pushing({
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    })
    const signIn = await world.connect({
      clientId: 'by-hand',
      clientSecret: 'secret:notes',
      issuer: world.provider.origin,
    })
    const basic = `Basic ${Buffer.from('by-hand:a-client-secret').toString('base64')}`
    expect(world.provider.to('/par').map(({ headers }) => headers.authorization)).toEqual([basic])
    signIn.cancel()
  })

  it('§2.2: says until when the link is good', async () => {
    await using world = await pushing()
    const signIn = await world.connect()
    expect((signIn.linkExpiresAt ?? 0) - world.house.time.now).toBe(60_000)
    signIn.cancel()
  })

  it('§2.2: who opens late opens a request that was pushed anew, of the same sign-in', async () => {
    await using world = await pushing()
    const { house, provider } = world
    const signIn = await world.connect()
    house.time.now = signIn.linkExpiresAt ?? 0
    await signIn.open()
    expect(house.opened.map(requestUri)).toEqual(['urn:example:2'])
    const [first, second] = provider.to('/par').map(({ form }) => Object.fromEntries(form))
    expect(second).toEqual(first)
    const state = first?.state ?? ''
    const query = new URLSearchParams({ state, code: 'the-code', iss: provider.origin })
    await fetch(`${first?.redirect_uri}?${query}`)
    expect(await signIn.completed).toMatchObject({ state: 'connected' })
  })

  it('§2.2: a link to open by hand is asked for anew, each time another one, of the same sign-in', async () => {
    await using world = await pushing()
    const { house, provider } = world
    const signIn = await world.connect()
    const expiresAt = house.time.now + 60_000
    for (const count of [2, 3]) {
      const link = await signIn.link()
      expect([requestUri(link.url), link.expiresAt]).toEqual([`urn:example:${count}`, expiresAt])
    }
    // Somebody may have opened the first one by hand.
    await signIn.open()
    expect(house.opened.map(requestUri)).toEqual(['urn:example:4'])
    const forms = provider.to('/par').map(({ form }) => Object.fromEntries(form))
    expect(forms).toEqual(forms.map(() => forms[0]))
    signIn.cancel()
    await signIn.completed.catch(() => undefined)
    expect(await errorOf(signIn.link())).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    expect(provider.to('/par')).toHaveLength(4)
  })

  it('§7.3: a request_uri is opened once', async () => {
    await using world = await pushing()
    const signIn = await world.connect()
    await signIn.open()
    await signIn.open()
    await signIn.open()
    expect(world.house.opened.map(requestUri)).toEqual([
      'urn:example:1',
      'urn:example:2',
      'urn:example:3',
    ])
    signIn.cancel()
  })

  it('§5: is not used where the provider does not require it', async () => {
    await using world = await pushing({ require_pushed_authorization_requests: false })
    const signIn = await world.connect()
    expect(world.provider.to('/par')).toEqual([])
    expect(signIn.linkExpiresAt).toBeNull()
    expect(await signIn.link()).toMatchObject({ url: signIn.url, expiresAt: null })
    await allow(signIn)
  })

  it('§5: a provider that requires it and has no endpoint gets no plain request', async () => {
    await using world = await pushing({ pushed_authorization_request_endpoint: undefined })
    expect(await errorOf(world.connect())).toMatchObject({ code: 'oauth.token_refused' })
    expect(world.house.opened).toEqual([])
  })

  it.each([
    ['at another scheme', 'ftp://127.0.0.1/par'],
    ['where nobody dials', 'http://169.254.169.254/par'],
    ['with a parameter preset', 'https://idp.example/par?client_id=other'],
  ])('takes no endpoint %s', async (_what, endpoint) => {
    await using world = await pushing({ pushed_authorization_request_endpoint: endpoint })
    expect(await errorOf(world.connect())).toMatchObject({ code: 'net.url_refused' })
  })

  it('follows no redirect with the request', async () => {
    await using world = await pushing()
    world.answer(() => ({ status: 307, headers: { location: `${world.provider.origin}/other` } }))
    expect(await errorOf(world.connect())).toMatchObject({ code: 'oauth.token_refused' })
    expect(world.provider.to('/other')).toEqual([])
  })

  it.each([
    ['an error', 400, { error: 'invalid_request' }, 'oauth.token_refused'],
    ['no request_uri', 201, { expires_in: 60 }, 'oauth.token_refused'],
    ['no lifetime', 201, { request_uri: 'urn:x' }, 'oauth.token_refused'],
    ['a line break in it', 201, { request_uri: 'urn:x\ny', expires_in: 60 }, 'net.url_refused'],
    ['an endless one', 201, { request_uri: 'x'.repeat(9000), expires_in: 60 }, 'net.url_refused'],
    ['an outage', 503, {}, 'oauth.provider_unavailable'],
  ])('opens nothing after %s', async (_what, status, body, code) => {
    await using world = await pushing()
    world.answer(() => ({ status, body }))
    expect(await errorOf(world.connect())).toMatchObject({ code })
    expect(world.house.opened).toEqual([])
  })
})
