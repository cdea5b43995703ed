import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { openCallback } from '../../main/oauth/callback.ts'
import { fixedRedirectUri, freshPlace, placeOf } from '../../main/oauth/redirect-uri.ts'

const expected = { state: 'the-state', issuer: 'https://a.example', issAdvertised: false }
const answer = (redirectUri: string) => fetch(`${redirectUri}?code=c&state=the-state`)

async function squat(address: string, port = 0): Promise<Server> {
  const server = createServer().listen(port, address)
  await once(server, 'listening')
  return server
}

describe('the callback listener', () => {
  it('takes one answer and is gone', async () => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    const waiting = listener.wait(expected, Date.now() + 60_000)
    const page = await answer(listener.redirectUri)
    expect(page.status).toBe(200)
    expect((await waiting).get('code')).toBe('c')
    await page.text()
    await expect(answer(listener.redirectUri)).rejects.toThrow('fetch failed')
  })

  it('takes nothing before it waits', async () => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    expect((await answer(listener.redirectUri)).status).toBe(410)
    listener.cancel()
  })

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

  it('listens on loopback alone, at a path of the issuer', async () => {
    const listener = await openCallback(freshPlace('https://a.example'), Date.now)
    expect(new URL(listener.redirectUri).hostname).toBe('127.0.0.1')
    const other = await openCallback(freshPlace('https://b.example'), Date.now)
    expect(new URL(other.redirectUri).pathname).not.toBe(new URL(listener.redirectUri).pathname)
    listener.cancel()
    other.cancel()
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

describe('redirect URIs', () => {
  it.each([
    ['http://127.0.0.1:47811/cb/x', { host: '127.0.0.1', port: 47811, path: '/cb/x' }],
    ['http://127.0.0.1/cb', { host: '127.0.0.1', port: 0, path: '/cb' }],
    ['http://[::1]:8080', { host: '[::1]', port: 8080, path: '/' }],
    ['http://localhost/cb', { host: 'localhost', port: 0, path: '/cb' }],
  ])('%s is a place to listen', (uri, place) => {
    expect(placeOf(uri)).toEqual(place)
  })

  it.each([
    'https://127.0.0.1/cb',
    'http://app.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1:70000/cb',
    'http://127.0.0.1/cb?x=1',
    'http://127.0.0.1/cb#x',
    'com.example.app:/cb',
  ])('%s is none', (uri) => {
    expect(() => placeOf(uri)).toThrowError(
      expect.objectContaining({ code: 'oauth.registration_needed' }),
    )
  })

  it('to register by hand is the same at every start', () => {
    expect(fixedRedirectUri('https://a.example')).toBe(fixedRedirectUri('https://a.example'))
    expect(fixedRedirectUri('https://a.example')).not.toBe(fixedRedirectUri('https://b.example'))
  })
})
