import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import type { LedgerEntryView, WhyView } from '../../preload/contract/index.ts'
import { type StandIn, startStandIn } from './stand-in.ts'
import { document, warder } from './warder.ts'

const entry = (changes: Partial<LedgerEntryView>): LedgerEntryView => ({
  at: '2026-11-17T14:02:00.000Z',
  event: 'renewal',
  reason: 'ahead-of-expiry',
  outcome: 'refused',
  endedAt: '2026-11-17T14:02:01.000Z',
  cutShort: false,
  rotated: null,
  error: 'invalid_grant',
  status: 400,
  code: 'grant.sign_in_needed',
  tokenAgeMs: 2_592_000_000,
  sleptMs: 32_400_000,
  retryAt: null,
  text: 'renewal ahead of expiry: the provider answered invalid_grant',
  ...changes,
})

const signedOut: WhyView = {
  account: 'linear/ada@example.com',
  server: 'linear',
  issuer: 'https://auth.linear.example',
  state: 'sign-in-needed',
  sentences: ['Signed out on Tue 2026-11-17 14:02: the provider answered invalid_grant.'],
  mend: 'warder connect linear',
  retryAt: null,
  quirks: [{ name: 'no-refresh-token', meaning: 'It gives no refresh token.' }],
  entries: [entry({ event: 'signed-out', text: 'signed out' }), entry({})],
}

describe('warder why', () => {
  let companion: StandIn
  beforeAll(async () => {
    companion = await startStandIn({
      'accounts:why': ({ account }) => {
        if (account === signedOut.account) return signedOut
        throw new WarderError('grant.unknown', 'There is no account of that name.')
      },
    })
  })
  afterAll(() => companion[Symbol.asyncDispose]())
  const why = (...args: string[]) =>
    warder(['why', ...args, '--home', companion.home], { env: { TZ: 'UTC' } })

  it('tells state, reason and mend first, then what happened, oldest first', async () => {
    const told = await why(signedOut.account)
    expect(told).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'linear/ada@example.com: sign-in-needed',
        'Signed out on Tue 2026-11-17 14:02: the provider answered invalid_grant.',
        'Mend: warder connect linear',
        'Exception no-refresh-token: It gives no refresh token.',
        '',
        '2026-11-17 14:02:00  renewal ahead of expiry: the provider answered invalid_grant',
        '2026-11-17 14:02:00  signed out',
        '',
      ].join('\n'),
    })
  })

  it('is the one document with --json', async () => {
    const told = await why(signedOut.account, '--limit', '500', '--json')
    expect(document(told)).toEqual(signedOut)
    expect(companion.calls.at(-1)?.input).toEqual({ account: signedOut.account, limit: 500 })
  })

  it('exits 3 for an account that nobody remembers', async () => {
    const told = await why('nope', '--json')
    expect(told.code).toBe(3)
    expect(document(told)).toMatchObject({ error: { code: 'grant.unknown' } })
  })

  it.each(['0', '501', 'all', '-1'])('exits 2 for --limit %s', async (limit) => {
    const told = await why(signedOut.account, '--limit', limit, '--json')
    expect(told.code).toBe(2)
    expect(document(told)).toMatchObject({ error: { code: 'usage.invalid' } })
  })
})
