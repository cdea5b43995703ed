import { describe, expect, it } from 'vitest'
import { WarderError } from '../../../main/errors.ts'
import { pollForTokens } from '../../../main/oauth/device-polling.ts'
import type { Tokens } from '../../../main/oauth/token-requests.ts'

const tokens: Tokens = {
  accessToken: 'a',
  expiresAt: null,
  refreshToken: null,
  scopes: null,
  claims: null,
}
const refused = (error: string) =>
  new WarderError('oauth.token_refused', 'The provider refused.', { details: { error } })
const down = new WarderError('oauth.provider_unavailable', 'It could not be reached.')

/** Runs the machine on a clock of its own. @returns how long it waited each time, in seconds, and how it ended */
async function run(
  answers: readonly (WarderError | Tokens)[],
  { interval = 5, lasts = 1800, abortAt = Number.POSITIVE_INFINITY } = {},
) {
  let now = 0
  const waits: number[] = []
  const asked: number[] = []
  const given = new AbortController()
  const end = await pollForTokens({
    interval: interval * 1000,
    expiresAt: lasts * 1000,
    clock: () => now,
    signal: given.signal,
    async wait(ms) {
      waits.push(ms / 1000)
      now += ms
      if (waits.length >= abortAt) given.abort()
    },
    async ask() {
      asked.push(now / 1000)
      const answer = answers[asked.length - 1] ?? refused('authorization_pending')
      if (answer instanceof WarderError) throw answer
      return answer
    },
  }).catch((error: unknown) => error)
  return { waits, asked, end }
}

describe('RFC 8628 §3.5: asking for the tokens of a device code', () => {
  it('waits the interval before the first request too', async () => {
    expect(await run([tokens], { interval: 9 })).toEqual({ waits: [9], asked: [9], end: tokens })
  })

  it('goes on at the same pace while the person has not decided', async () => {
    const pending = refused('authorization_pending')
    const { waits, end } = await run([pending, pending, tokens])
    expect(waits).toEqual([5, 5, 5])
    expect(end).toBe(tokens)
  })

  it('asks no more than once a second, however often the provider wants it', async () => {
    const { waits } = await run([refused('authorization_pending'), tokens], { interval: 0 })
    expect(waits).toEqual([1, 1])
  })

  it('slow_down adds five seconds to this and all later pauses', async () => {
    const { waits, end } = await run([
      refused('slow_down'),
      refused('authorization_pending'),
      refused('slow_down'),
      refused('authorization_pending'),
      tokens,
    ])
    expect(waits).toEqual([5, 10, 10, 15, 15])
    expect(end).toBe(tokens)
  })

  it('asks less and less often while the provider is not reached, up to a minute', async () => {
    const { waits, end } = await run([down, down, down, down, down, tokens])
    expect(waits).toEqual([5, 10, 20, 40, 60, 60])
    expect(end).toBe(tokens)
  })

  it('keeps a longer interval than that where the provider wants one', async () => {
    expect((await run([down, tokens], { interval: 90 })).waits).toEqual([90, 90])
  })

  it.each([
    ['access_denied', 'oauth.authorization_refused'],
    ['expired_token', 'oauth.sign_in_abandoned'],
    ['invalid_grant', 'oauth.token_refused'],
    ['invalid_client', 'oauth.token_refused'],
    ['something_new', 'oauth.token_refused'],
  ])('stops at %s', async (error, code) => {
    const { asked, end } = await run([refused(error), tokens])
    expect(asked).toHaveLength(1)
    expect(end).toMatchObject({ code })
  })

  it('stops at what is no answer of a provider', async () => {
    const { end } = await run([new WarderError('net.address_refused', 'No.'), tokens])
    expect(end).toMatchObject({ code: 'net.address_refused' })
  })

  it('never asks once the code is over (§3.2, expires_in)', async () => {
    const { waits, asked, end } = await run([], { lasts: 12 })
    expect(waits).toEqual([5, 5, 2])
    expect(asked).toEqual([5, 10])
    expect(end).toMatchObject({ code: 'oauth.sign_in_abandoned' })
  })

  it('asks no more when it was cancelled', async () => {
    const { asked, end } = await run([], { abortAt: 2 })
    expect(asked).toEqual([5])
    expect(end).toMatchObject({ code: 'oauth.sign_in_abandoned' })
  })
})
