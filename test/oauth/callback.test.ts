import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { openCallback } from '../../main/oauth/callback.ts'
import { freshPlace, placeOf } from '../../main/oauth/redirect-uri.ts'

const expected = { state: 'the-state', issuer: 'https://a.example', issAdvertised: false }
const answer = (redirectUri: string) => fetch(`${redirectUri}?code=c&state=the-state`)

const interfaces = Object.values(networkInterfaces()).flat()
const hasIpv6 = interfaces.some((one) => one?.address === '::1')

async function squat(address: string, port = 0): Promise<Server> {
  const server = createServer().listen(port, address)
  await once(server, 'listening')
  return server
}

describe('the callback listener', () => {
  it.each([
    ['a state of another sign-in', 'code=c&state=other', 'oauth.state_mismatch'],
    [
      'an issuer that was not asked',
      'code=c&state=the-state&iss=https://b.example',
      'oauth.issuer_mismatch',
    ],
  ])('tells the person the code of %s, and goes on waiting', async (_what, query, code) => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    const waiting = listener.wait(expected, Date.now() + 60_000)
    const page = await fetch(`${listener.redirectUri}?${query}`)
    expect(page.status).toBe(400)
    expect(await page.text()).toContain(`(${code})`)
    await answer(listener.redirectUri)
    expect((await waiting).get('code')).toBe('c')
  })

  it('stands at the registered port or not at all', async () => {
    await using squatter = await squat('127.0.0.1')
    const { port } = squatter.address() as AddressInfo
    const opening = openCallback(placeOf(`http://127.0.0.1:${port}/cb`), Date.now)
    await expect(opening).rejects.toMatchObject({ code: 'oauth.callback_port' })
  })

  it('for localhost holds both addresses, or refuses', async () => {
    const listener = await openCallback(placeOf('http://localhost/cb'), Date.now)
    expect(listener.redirectUri).toMatch(/^http:\/\/localhost:\d+\/cb$/)
    const waiting = listener.wait(expected, Date.now() + 60_000)
    await answer(listener.redirectUri)
    expect((await waiting).get('code')).toBe('c')
  })

  it('gives up on its time', async () => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    await expect(listener.wait(expected, Date.now())).rejects.toMatchObject({
      code: 'oauth.sign_in_abandoned',
    })
  })

  it('turns away what a web page loads or a browser fetches ahead', async () => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    const waiting = listener.wait(expected, Date.now() + 60_000)
    const load = (headers: Record<string, string>) =>
      fetch(`${listener.redirectUri}?code=c&state=the-state`, { headers }).then(
        ({ status }) => status,
      )
    expect(await load({ purpose: 'prefetch' })).toBe(403)
    expect(await load({ 'sec-purpose': 'prefetch;prerender' })).toBe(403)
    await answer(listener.redirectUri)
    await waiting
  })
})

describe('what the listener says', () => {
  it.each([
    ['access_denied', 'The sign-in was refused at the provider.'],
    ['invalid_scope', 'The provider does not know, or does not grant, one of the scopes.'],
    ['invalid_target', 'The provider does not issue tokens for this server.'],
    ['unauthorized_client', 'The provider does not allow this client to sign in that way.'],
    ['server_error', 'The provider failed on its own side.'],
    ['temporarily_unavailable', 'The provider is overloaded or under maintenance.'],
    ['constructor', 'The provider answered the sign-in with an error.'],
    ['<script>', 'The provider answered the sign-in with an error.'],
  ])('of the error %s is in its own words (RFC 6749 §4.1.2.1)', async (error, message) => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    const waiting = listener.wait(expected, Date.now() + 60_000)
    const told = expect(waiting).rejects.toMatchObject({
      code: 'oauth.authorization_refused',
      message,
    })
    const query = new URLSearchParams({ error, state: 'the-state' })
    const page = await fetch(`${listener.redirectUri}?${query}`)
    expect(page.status).toBe(400)
    expect(await page.text()).toContain('<p>The sign-in was not granted.')
    await told
  })

  it('of a sign-in that was cancelled is that it was not finished, and its port is free', async () => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    const waiting = listener.wait(expected, Date.now() + 60_000)
    listener.cancel()
    await expect(waiting).rejects.toMatchObject({
      code: 'oauth.sign_in_abandoned',
      message: 'The sign-in was not finished.',
    })
    await expect(answer(listener.redirectUri)).rejects.toThrow('fetch failed')
  })

  it('of a port that is taken names the port, and keeps the reason', async () => {
    await using squatter = await squat('127.0.0.1')
    const { port } = squatter.address() as AddressInfo
    const place = placeOf(`http://localhost:${port}/cb`)
    await expect(openCallback(place, Date.now)).rejects.toMatchObject({
      message: expect.stringContaining(`Port ${port} of the redirect URI cannot be used`),
      cause: expect.objectContaining({ code: 'EADDRINUSE' }),
    })
  })

  it('after its time is that it takes nothing, even before its timer has run', async () => {
    let now = 1000
    const listener = await openCallback(freshPlace('https://a.example'), () => now)
    const waiting = listener.wait(expected, 61_000)
    now = 61_000
    expect((await answer(listener.redirectUri)).status).toBe(410)
    listener.cancel()
    await expect(waiting).rejects.toMatchObject({ code: 'oauth.sign_in_abandoned' })
  })

  it.runIf(hasIpv6)('at localhost is the same at both of its addresses, or nowhere', async () => {
    const listener = await openCallback(placeOf('http://localhost/cb'), Date.now)
    const { port } = new URL(listener.redirectUri)
    const at = (address: string) =>
      fetch(`http://${address}:${port}/cb`, { headers: { host: `localhost:${port}` } })
    expect([(await at('127.0.0.1')).status, (await at('[::1]')).status]).toEqual([410, 410])
    listener.cancel()
    await using squatter = await squat('::1')
    const taken = (squatter.address() as AddressInfo).port
    await expect(
      openCallback(placeOf(`http://localhost:${taken}/cb`), Date.now),
    ).rejects.toMatchObject({ code: 'oauth.callback_port' })
    // What it held at the other address until then is free again.
    await using again = await squat('127.0.0.1', taken)
    expect(again.listening).toBe(true)
  })
})
