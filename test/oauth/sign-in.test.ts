import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { allow, answerTo, connectTo, openHouse, serverAt } from './support/house.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

describe('sign-in', () => {
  it('binds the request: PKCE S256, state, resource, scope, exact redirect URI', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    expect(house.opened).toEqual([])
    await signIn.open()
    expect(house.opened).toEqual([signIn.url])
    const request = new URL(signIn.url).searchParams
    expect(Object.fromEntries(request)).toMatchObject({
      response_type: 'code',
      client_id: 'client-1',
      code_challenge_method: 'S256',
      resource: provider.serverUrl,
      scope: 'files:read',
    })
    expect(Buffer.from(request.get('state') ?? '', 'base64url')).toHaveLength(32)
    const grant = await allow(signIn)
    const [redeemed] = provider.to('/token').map(({ form }) => Object.fromEntries(form))
    expect(redeemed).toMatchObject({
      grant_type: 'authorization_code',
      code: 'the-code',
      client_id: 'client-1',
      resource: provider.serverUrl,
      redirect_uri: request.get('redirect_uri'),
    })
    const challenge = createHash('sha256')
      .update(redeemed?.code_verifier ?? '')
      .digest('base64url')
    expect(challenge).toBe(request.get('code_challenge'))
    expect(grant).toMatchObject({ server: 'notes', account: 'default', state: 'connected' })
    expect(house.events).toEqual(['connected notes/default'])
  })

  it('uses a registration that no grant has yet again, and never one that a grant has', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const abandoned = await house.grants.connect(serverAt(provider.serverUrl))
    abandoned.cancel()
    await expect(abandoned.completed).rejects.toMatchObject({ code: 'oauth.sign_in_abandoned' })
    await connectTo(house, provider.serverUrl, undefined, 'one')
    expect(provider.to('/register')).toHaveLength(1)
    await connectTo(house, provider.serverUrl, undefined, 'two')
    expect(provider.to('/register')).toHaveLength(2)
    expect(house.grants.list().map((grant) => grant.clientId)).toHaveLength(2)
  })

  it('tells a refusal at the provider without the provider’s words', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    const answer = answerTo(signIn, {
      error: 'access_denied',
      error_description: 'call 555-0100 to unlock',
      iss: provider.origin,
    })
    const page = await (await fetch(answer)).text()
    const refusal = await signIn.completed.catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'oauth.authorization_refused' })
    expect(`${page}${refusal}`).not.toContain('555-0100')
    expect(house.grants.list()).toEqual([])
  })

  it('gives up the earlier sign-in of a server when a new one begins', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const first = await house.grants.connect(serverAt(provider.serverUrl))
    const second = await house.grants.connect(serverAt(provider.serverUrl))
    await expect(first.completed).rejects.toMatchObject({ code: 'oauth.sign_in_abandoned' })
    await allow(second)
  })

  it('has one sign-in for each server, also where two begin in the same moment', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const server = serverAt(provider.serverUrl)
    // The older one may be over while it is still prepared.
    const older = house.grants.connect(server).then(({ completed }) => completed)
    const newer = house.grants.connect(server)
    await expect(older).rejects.toMatchObject({ code: 'oauth.sign_in_abandoned' })
    await expect(allow(await newer)).resolves.toMatchObject({ state: 'connected' })
  })

  it('is over after ten minutes', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    expect(signIn.expiresAt - house.time.now).toBe(600_000)
    house.time.now = signIn.expiresAt
    const late = await fetch(answerTo(signIn, { code: 'c', iss: provider.origin }))
    expect(late.status).toBe(410)
    expect(provider.to('/token')).toHaveLength(0)
  })

  it('still waits when no browser could be opened', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse({
      browser: { open: async () => Promise.reject(new Error('no display')) },
    })
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    await expect(signIn.open()).rejects.toMatchObject({ code: 'oauth.browser_failed' })
    await expect(allow(signIn)).resolves.toMatchObject({ state: 'connected' })
  })

  it('keeps what it obtained among the known secrets, and out of the state database', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const values = [...house.knownSecrets.entries()].map(({ value }) => value)
    const { form } = provider.to('/token')[0] ?? { form: new URLSearchParams() }
    expect(values).toEqual(
      expect.arrayContaining([
        'the-code',
        form.get('code_verifier'),
        'access-token-2',
        'refresh-token-2',
      ]),
    )
    const tables = ['grants', 'registrations', 'receipts', 'meta']
    const rows = tables.flatMap((table) => house.state.prepare(`SELECT * FROM ${table}`).all())
    for (const value of values) expect(JSON.stringify(rows)).not.toContain(value)
  })
})
