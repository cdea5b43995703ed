import { describe, expect, it } from 'vitest'
import { errorOf } from '../../e2e/support/calls.ts'
import { openDeviceWorld } from '../support/device.ts'
import { serverAt } from '../support/house.ts'

const begin = async (given: Record<string, unknown>) => {
  await using world = await openDeviceWorld(given)
  const waiting = world.hold()
  const { grants, time } = world.house
  const begun = time.now
  const signIn = await grants.connect(serverAt(world.provider.serverUrl), { method: 'device' })
  await waiting
  signIn.cancel()
  await errorOf(signIn.completed)
  return { signIn, waits: world.waits, lasts: signIn.expiresAt - begun }
}

const refusal = async (given: Record<string, unknown>) => {
  await using world = await openDeviceWorld(given)
  const { grants } = world.house
  const error = await errorOf(
    grants.connect(serverAt(world.provider.serverUrl), { method: 'device' }),
  )
  expect(world.provider.to('/token')).toEqual([])
  return error
}

describe('RFC 8628 §3.2: what the provider gives for a sign-in by code', () => {
  it('asks every five seconds where it names no interval', async () => {
    expect((await begin({ interval: undefined })).waits).toEqual([5000])
  })

  it('waits no longer than half an hour, whatever it claims', async () => {
    expect((await begin({ expires_in: 1e9 })).lasts).toBe(1_800_000)
    expect((await begin({ expires_in: 300 })).lasts).toBe(300_000)
  })

  it.each([
    ['a code that moves the cursor', { user_code: 'AB\u001b[2JCD' }],
    ['a code of several lines', { user_code: 'AB\nCD' }],
    ['a code with text turned around', { user_code: 'AB\u202eCD' }],
    ['a code that looks like another', { user_code: 'А-С' }],
    ['an empty code', { user_code: '' }],
    ['a code of spaces', { user_code: '  ' }],
    ['a code too long to type', { user_code: 'A'.repeat(65) }],
    ['a code that is no text', { user_code: 12345678 }],
    ['no device code', { device_code: undefined }],
    ['an endless device code', { device_code: 'x'.repeat(9000) }],
    ['a device code with control characters', { device_code: 'a\u0000b' }],
    ['no lifetime', { expires_in: undefined }],
    ['an interval of nonsense', { interval: 'soon' }],
    ['a negative interval', { interval: -1 }],
  ])('refuses %s', async (_what, given) => {
    const error = await refusal(given)
    expect(error).toMatchObject({ code: 'oauth.token_refused' })
    expect(String(error)).toMatch(/^[\x20-\x7e]+$/)
  })

  it.each([
    ['another scheme', 'javascript:alert(1)'],
    ['cleartext', 'http://idp.example/activate'],
    ['userinfo', 'https://idp.example@evil.example/activate'],
    ['control characters', 'https://idp.example/\u001b[2J'],
    [
      'another sign-in in it (§5.4)',
      'https://idp.example/authorize?client_id=x&response_type=code',
    ],
    ['an address that nobody dials', 'http://169.254.169.254/activate'],
  ])('refuses a page with %s', async (_what, uri) => {
    for (const given of [{ verification_uri: uri }, { verification_uri_complete: uri }])
      expect(await refusal(given)).toMatchObject({ code: 'net.url_refused' })
  })

  it('leaves out a link to another host than the one that is told', async () => {
    const { signIn } = await begin({
      verification_uri_complete: 'http://localhost:40123/activate?user_code=WDJB-MJHT',
    })
    expect(signIn.device).toEqual({ userCode: 'WDJB-MJHT', complete: null })
  })

  const page = 'https://idp.example/activate'

  it('takes the page itself with the code, whatever the code is called in it', async () => {
    const complete = `${page}?code=WDJB-MJHT`
    const { signIn } = await begin({ verification_uri: page, verification_uri_complete: complete })
    expect(signIn.device?.complete).toBe(complete)
  })

  it.each([
    ['another code than the one that is shown', `${page}?code=another`],
    ['more than the code', `${page}?code=WDJB-MJHT&client_id=x`],
    ['the code at another page', 'https://idp.example/authorize?code=WDJB-MJHT'],
  ])('takes no link with %s under the name `code`', async (_what, complete) => {
    const given = { verification_uri: page, verification_uri_complete: complete }
    expect(await refusal(given)).toMatchObject({ code: 'net.url_refused' })
  })

  it('takes no code that brings parameters along', async () => {
    const code = 'AB&client_id=x'
    const given = {
      user_code: code,
      verification_uri: page,
      verification_uri_complete: `${page}?code=${code}`,
    }
    expect(await refusal(given)).toMatchObject({ code: 'net.url_refused' })
  })

  it('follows no redirect of the endpoint, and reads no page for an answer', async () => {
    await using world = await openDeviceWorld()
    const { provider, house } = world
    const connect = () =>
      errorOf(house.grants.connect(serverAt(provider.serverUrl), { method: 'device' }))
    provider.answers.set('/device', () => ({
      status: 307,
      headers: { location: `${provider.origin}/elsewhere` },
    }))
    expect(await connect()).toMatchObject({ code: 'oauth.token_refused' })
    expect(provider.to('/elsewhere')).toEqual([])
    provider.answers.set('/device', () => ({ body: '<html>' }))
    expect(await connect()).toMatchObject({ code: 'oauth.token_refused' })
    provider.answers.set('/device', () => ({ status: 503 }))
    expect(await connect()).toMatchObject({ code: 'oauth.provider_unavailable' })
  })
})
