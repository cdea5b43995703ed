import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../main/vault/memory.ts'
import { errorOf } from '../e2e/support/calls.ts'
import { openDeviceWorld } from './support/device.ts'
import { gate } from './support/gate.ts'
import { answerTo, type House, openHouse, serverAt } from './support/house.ts'
import { idToken } from './support/id-token.ts'
import { shown } from './support/revocations.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

/** What is given up while it waits makes no grant, however far it had come. */

const abandoned = { code: 'oauth.sign_in_abandoned' }
const yes = (issuer: string) => ({ code: 'the-code', iss: issuer })

function expectNothing(house: House) {
  expect(house.grants.list()).toEqual([])
  expect(house.events).toEqual([])
}

describe('a sign-in that is given up', () => {
  it('takes no redirect and no pasted address any more', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    const address = answerTo(signIn, yes(provider.origin))
    house.grants.abandon()
    expect(await errorOf(signIn.completed)).toMatchObject(abandoned)
    await expect(fetch(address)).rejects.toThrow()
    expect(() => signIn.answer(address)).toThrow(expect.objectContaining(abandoned))
    expect(provider.to('/token')).toEqual([])
    expectNothing(house)
  })

  it('while its code is typed, asks for no token any more', async () => {
    await using world = await openDeviceWorld()
    const waiting = world.hold()
    const { provider, house } = world
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    await waiting
    house.grants.abandon('notes')
    expect(await errorOf(signIn.completed)).toMatchObject(abandoned)
    expect(provider.to('/token')).toEqual([])
  })

  it('while it is prepared, does not begin', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { begun, open, pass } = gate()
    provider.answers.set('/.well-known/oauth-authorization-server', async () => {
      await pass()
      return { body: provider.metadata() }
    })
    const connecting = errorOf(house.grants.connect(serverAt(provider.serverUrl)))
    await begun
    house.grants.abandon()
    open()
    expect(await connecting).toMatchObject(abandoned)
    expect(provider.to('/register')).toEqual([])
  })

  it('while Warder registers for it, closes its listener', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { begun, open, pass } = gate()
    let redirectUri = ''
    provider.answers.set('/register', async ({ json }) => {
      redirectUri = (json as { redirect_uris: string[] }).redirect_uris[0] ?? ''
      await pass()
      return { status: 201, body: { ...(json as object), client_id: 'client-1' } }
    })
    const connecting = errorOf(house.grants.connect(serverAt(provider.serverUrl)))
    await begun
    expect((await fetch(redirectUri)).status).toBe(410)
    house.grants.abandon()
    open()
    expect(await connecting).toMatchObject(abandoned)
    await expect(fetch(redirectUri)).rejects.toThrow()
  })

  it('has revoked what the token endpoint gave after that', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { begun, open, pass } = gate()
    provider.answers.set('/token', async () => {
      await pass()
      return { body: { access_token: 'late', token_type: 'Bearer', refresh_token: 'late-refresh' } }
    })
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    const outcome = errorOf(signIn.completed)
    await fetch(answerTo(signIn, yes(provider.origin)))
    await begun
    house.grants.abandon()
    open()
    expect(await outcome).toMatchObject(abandoned)
    expect(shown(provider)).toEqual(['late-refresh', 'late'])
    expectNothing(house)
  })

  it.each([{ status: 503 }, { status: 429 }, { cut: true }] as const)(
    'has it revoked later where the provider fails just then, over a restart, with a receipt: %j',
    async (reply) => {
      await using provider = await startScriptedProvider()
      await using house = await openHouse()
      const { begun, open, pass } = gate()
      provider.answers.set('/token', async () => {
        await pass()
        return { body: { access_token: 'late', token_type: 'Bearer', refresh_token: 'late-r' } }
      })
      provider.answers.set('/revoke', () => reply)
      const signIn = await house.grants.connect(serverAt(provider.serverUrl))
      const outcome = errorOf(signIn.completed)
      await fetch(answerTo(signIn, yes(provider.origin)))
      await begun
      const receipt = house.receipt()
      house.grants.abandon()
      open()
      expect(await outcome).toMatchObject(abandoned)
      expect(await receipt).toMatchObject({ server: 'notes', state: 'pending' })
      await house.grants.close()
      const asked = shown(provider).length
      provider.answers.set('/revoke', () => ({ status: 200 }))
      provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
      await house.restart()
      house.time.now += 60_000
      house.grants.start()
      await house.grants.close()
      expect(shown(provider).slice(asked)).toEqual(['late-r', 'late'])
      expect(house.grants.receipts()).toMatchObject([
        { state: 'proven', reason: 'Its sign-in was given up.' },
      ])
      expectNothing(house)
    },
  )

  it('has revoked what it had, where the provider was just asked who signed in', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { begun, open, pass } = gate()
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({
      body: provider.metadata({
        scopes_supported: ['openid'],
        userinfo_endpoint: `${provider.origin}/me`,
      }),
    }))
    provider.answers.set('/me', async () => {
      await pass()
      return { body: { sub: 'user-1', email: 'alice@example.test' } }
    })
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    provider.answers.set('/token', () => ({
      body: {
        access_token: 'the-access-token',
        token_type: 'Bearer',
        id_token: idToken(provider, signIn, {}),
      },
    }))
    const outcome = errorOf(signIn.completed)
    await fetch(answerTo(signIn, yes(provider.origin)))
    await begun
    house.grants.abandon()
    open()
    expect(await outcome).toMatchObject(abandoned)
    expect(shown(provider)).toEqual(['the-access-token'])
    expectNothing(house)
  })

  it('has its grant revoked with a receipt, where the vault was just taking it', async () => {
    await using provider = await startScriptedProvider()
    const vault = createMemoryStore()
    const { begun, open, pass } = gate()
    const slow = {
      ...vault,
      async set(key: string, value: string) {
        if (key.startsWith('grant:')) await pass()
        return vault.set(key, value)
      },
    }
    await using house = await openHouse({ vault: slow })
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    const outcome = errorOf(signIn.completed)
    await fetch(answerTo(signIn, yes(provider.origin)))
    await begun
    const settled = Promise.withResolvers<void>()
    house.grants.on('receipt', ({ state }) => state !== 'pending' && settled.resolve())
    house.grants.abandon()
    open()
    expect(await outcome).toMatchObject(abandoned)
    await settled.promise
    expect(house.grants.receipts()).toMatchObject([{ reason: 'Its sign-in was given up.' }])
    expect(shown(provider)).toContain('refresh-token-2')
    expect(house.grants.list()).toEqual([])
    expect(house.events).not.toContain('connected notes/default')
  })

  it('is one of the server that was named, and no other', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const [notes, mail] = await Promise.all(
      ['notes', 'mail'].map((name) =>
        house.grants.connect(serverAt(provider.serverUrl, undefined, name)),
      ),
    )
    if (notes === undefined || mail === undefined) throw new Error('unreachable')
    house.grants.abandon('notes')
    expect(await errorOf(notes.completed)).toMatchObject(abandoned)
    await fetch(answerTo(mail, yes(provider.origin)))
    expect(await mail.completed).toMatchObject({ server: 'mail', state: 'connected' })
  })
})

describe('two sign-ins at one fixed redirect URI', () => {
  it('the later one is told which to finish first, and has the place when that one is over', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const port = await freePort()
    const oauth = { clientId: 'by-hand', redirectUri: `http://127.0.0.1:${port}/cb` }
    const connect = (name: string) =>
      house.grants.connect(serverAt(provider.serverUrl, oauth, name))
    const first = await connect('notes')
    expect(await errorOf(connect('mail'))).toMatchObject({
      code: 'oauth.callback_port',
      message: `The sign-in at notes waits for its answer at port ${port}, which the one at mail needs as well: finish it or cancel it first.`,
    })
    // Who was told so takes nothing from the first one.
    await fetch(answerTo(first, yes(provider.origin)))
    expect(await first.completed).toMatchObject({ state: 'connected' })
    const second = await connect('mail')
    second.cancel()
    await errorOf(second.completed)
    const third = await connect('mail')
    await fetch(answerTo(third, yes(provider.origin)))
    expect(await third.completed).toMatchObject({ server: 'mail', state: 'connected' })
  })
})

/** Held and let go of: a redirect URI is registered before anybody listens there. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

describe('two sign-ins at one server', () => {
  it('the newer one counts, whichever is prepared first', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const { begun, open, pass } = gate()
    provider.answers.set('/.well-known/oauth-authorization-server', async () => {
      const first = provider.to('/.well-known/oauth-authorization-server').length === 1
      if (first) await pass()
      return { body: provider.metadata() }
    })
    const older = errorOf(house.grants.connect(serverAt(provider.serverUrl)))
    await begun
    const newer = await house.grants.connect(serverAt(provider.serverUrl))
    open()
    expect(await older).toMatchObject(abandoned)
    await fetch(answerTo(newer, yes(provider.origin)))
    expect(await newer.completed).toMatchObject({ state: 'connected' })
  })
})
