import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { openCallback } from '../../../main/oauth/callback.ts'
import { freshPlace } from '../../../main/oauth/redirect-uri.ts'

/** RFC 8252 §7.3, §8.3: on a loopback address, open for one sign-in, gone after one answer. */

const expected = { state: 'the-state', issuer: 'https://a.example', issAdvertised: false }
const answer = (redirectUri: string) => fetch(`${redirectUri}?code=c&state=the-state`)
const open = () => openCallback(freshPlace('https://a.example'), Date.now)

it('takes one answer and is gone', async () => {
  const listener = await open()
  const waiting = listener.wait(expected, Date.now() + 60_000)
  const page = await answer(listener.redirectUri)
  expect(page.status).toBe(200)
  expect((await waiting).get('code')).toBe('c')
  await page.text()
  await expect(answer(listener.redirectUri)).rejects.toThrow('fetch failed')
})

it('takes nothing before it waits', async () => {
  const listener = await open()
  expect((await answer(listener.redirectUri)).status).toBe(410)
  listener.cancel()
})

it('is gone when the sign-in is given up', async () => {
  const listener = await open()
  const waiting = listener.wait(expected, Date.now() + 60_000)
  listener.cancel()
  await expect(waiting).rejects.toMatchObject({ code: 'oauth.sign_in_abandoned' })
  await expect(answer(listener.redirectUri)).rejects.toThrow('fetch failed')
})

it('names an address, not a name, and a port that changes', async () => {
  const [one, other] = [await open(), await open()]
  const places = [one, other].map(({ redirectUri }) => new URL(redirectUri))
  expect(places.map(({ hostname }) => hostname)).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(places[0]?.port).not.toBe(places[1]?.port)
  one.cancel()
  other.cancel()
})

// Only Linux has the whole of 127/8 on its loopback interface.
it.runIf(process.platform === 'linux')('is at no other address of the machine', async () => {
  const listener = await open()
  const socket = connect(Number(new URL(listener.redirectUri).port), '127.0.0.2')
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  listener.cancel()
})
