import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { judgePasted } from '../../main/oauth/pasted-answer.ts'
import { errorOf } from '../e2e/support/calls.ts'
import { openHouse, serverAt } from './support/house.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

const redirectUri = 'http://127.0.0.1:40123/cb/5d41402a'
const issuer = 'https://a.example'
const expected = { state: 'the-state', issuer, issAdvertised: true }
const good = `${redirectUri}?code=SECRET-CODE&state=the-state&iss=https%3A%2F%2Fa.example`

function refusal(text: string, changes: Partial<typeof expected> = {}): WarderError {
  try {
    judgePasted(text, redirectUri, { ...expected, ...changes })
  } catch (error) {
    if (error instanceof WarderError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('a pasted address', () => {
  it.each([
    ['as it is', good],
    ['with the line break of the copying', `  ${good}\r\n`],
    ['with a fragment, which a browser keeps to itself', `${good}#_=_`],
  ])('is taken %s', (_how, text) => {
    const verdict = judgePasted(text, redirectUri, expected)
    expect(verdict.kind === 'code' && verdict.parameters.get('code')).toBe('SECRET-CODE')
  })

  it('may be a genuine refusal', () => {
    const text = `${redirectUri}?error=access_denied&state=the-state&iss=https://a.example`
    expect(judgePasted(text, redirectUri, expected)).toEqual({
      kind: 'error',
      error: 'access_denied',
    })
  })

  it.each([
    ['nothing', '   ', /empty/],
    ['only a code', 'SECRET-CODE', /only a part/],
    ['only the query', 'code=SECRET-CODE&state=the-state', /only a part/],
    ['an address without its scheme', good.replace('http://', ''), /only a part/],
    [
      'the link to sign in with',
      `https://a.example/authorize?response_type=code&client_id=SECRET-CODE&redirect_uri=${encodeURIComponent(redirectUri)}`,
      /link to sign in with/,
    ],
    [
      'a pushed link',
      'https://a.example/authorize?client_id=c&request_uri=urn:SECRET-CODE',
      /link to sign in with/,
    ],
    ['a page of the provider', 'https://a.example/done?SECRET-CODE', /another site/],
    ['the https form', good.replace('http://', 'https://'), /not the one/],
    ['another port', good.replace('40123', '40124'), /not the one/],
    ['another path', good.replace('5d41402a', '5d41402b'), /not the one/],
    ['a longer path', good.replace('?', '/x?'), /not the one/],
    ['the same host with userinfo', good.replace('//', '//SECRET-CODE@'), /not the one/],
    ['another spelling of the host', good.replace('127.0.0.1', '127.1'), /not the one/],
    ['localhost for the address', good.replace('127.0.0.1', 'localhost'), /another site/],
    ['the place without an answer', redirectUri, /no answer/],
    ['a fragment in place of a query', good.replace('?', '#'), /no answer/],
    ['two lines', good.replace('&', '\n&'), /line breaks/],
    ['control characters', `${good}\u001b[2J`, /no address/],
    ['what is too long', `${good}&x=${'x'.repeat(20_000)}`, /too long/],
    ['a code twice', `${good}&code=x`, /no answer that can be read/],
    ['a code beside an error', `${good}&error=access_denied`, /no answer that can be read/],
    ['no code', good.replace('code=SECRET-CODE&', ''), /no answer that can be read/],
    ['a broken escape', good.replace('SECRET-CODE', 'SECRET%ZZ'), /no answer that can be read/],
  ])('is refused with a sentence where it is %s', (_what, text, sentence) => {
    const error = refusal(text)
    expect(error).toMatchObject({ code: 'oauth.paste_refused' })
    expect(error.message).toMatch(sentence)
    expect(`${error.message}${JSON.stringify(error.details)}${error.cause}`).not.toContain('SECRET')
  })

  it('is told what the right one begins with', () => {
    expect(refusal('SECRET-CODE').message).toContain(`it begins with ${redirectUri}?`)
  })

  it('says state before it says anything else, an error included', () => {
    for (const query of ['code=c&iss=x', 'error=access_denied', 'state=other&error=access_denied'])
      expect(refusal(`${redirectUri}?${query}`)).toMatchObject({ code: 'oauth.state_mismatch' })
  })

  it.each([
    ['another issuer', '&iss=https://b.example'],
    ['none, where it is promised', ''],
  ])('names the issuer: %s', (_what, iss) => {
    const text = `${redirectUri}?code=c&state=the-state${iss}`
    expect(refusal(text)).toMatchObject({ code: 'oauth.issuer_mismatch' })
  })
})

describe('a sign-in whose browser is on another machine', () => {
  async function waiting() {
    await using stack = new AsyncDisposableStack()
    const provider = stack.use(await startScriptedProvider())
    const house = stack.use(await openHouse())
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    const request = new URL(signIn.url).searchParams
    const address = (parameters: Record<string, string>) =>
      `${request.get('redirect_uri')}?${new URLSearchParams({ state: request.get('state') ?? '', iss: provider.origin, ...parameters })}`
    const kept = stack.move()
    return {
      provider,
      house,
      signIn,
      address,
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    }
  }

  it('is finished with the pasted address, and its listener is gone', async () => {
    await using flow = await waiting()
    flow.signIn.answer(flow.address({ code: 'pasted-by-hand' }))
    expect(await flow.signIn.completed).toMatchObject({ state: 'connected' })
    expect(flow.provider.to('/token').map(({ form }) => form.get('code'))).toEqual([
      'pasted-by-hand',
    ])
    await expect(fetch(flow.address({ code: 'late' }))).rejects.toThrow('fetch failed')
    const values = [...flow.house.knownSecrets.entries()].map(({ value }) => value)
    expect(values).toContain('pasted-by-hand')
  })

  it('waits on after a bad paste, and takes the redirect all the same', async () => {
    await using flow = await waiting()
    expect(() => flow.signIn.answer(flow.address({ code: 'forged', state: 'guessed' }))).toThrow(
      'another sign-in',
    )
    expect(() => flow.signIn.answer('forged')).toThrow('only a part')
    expect(flow.provider.to('/token')).toEqual([])
    expect((await fetch(flow.address({ code: 'redirected' }))).status).toBe(200)
    await flow.signIn.completed
    expect(flow.provider.to('/token').map(({ form }) => form.get('code'))).toEqual(['redirected'])
  })

  it('takes one answer: the second is refused, whichever way it comes', async () => {
    await using flow = await waiting()
    flow.signIn.answer(flow.address({ code: 'first' }))
    const second = () => flow.signIn.answer(flow.address({ code: 'second' }))
    expect(second).toThrow('waits for no answer any more')
    await flow.signIn.completed
    expect(second).toThrow('waits for no answer any more')
    expect(flow.provider.to('/token').map(({ form }) => form.get('code'))).toEqual(['first'])
  })

  it('takes nothing after its time', async () => {
    await using flow = await waiting()
    flow.house.time.now = flow.signIn.expiresAt
    expect(() => flow.signIn.answer(flow.address({ code: 'late' }))).toThrow('no answer any more')
    flow.signIn.cancel()
    await errorOf(flow.signIn.completed)
    expect(flow.provider.to('/token')).toEqual([])
  })

  it('ends with a pasted refusal, in our own words', async () => {
    await using flow = await waiting()
    flow.signIn.answer(flow.address({ error: 'access_denied', error_description: 'call 555-0100' }))
    const error = await errorOf(flow.signIn.completed)
    expect(error).toMatchObject({ code: 'oauth.authorization_refused' })
    expect(String(error)).not.toContain('555-0100')
  })
})
