import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryText, explain } from '../../main/oauth/explain.ts'
import type { LedgerEntry } from '../../main/oauth/ledger-entry.ts'
import { clockTime, dayAndTime, duration } from '../../main/oauth/times.ts'
import type { AccountHistory, Grant, Receipt } from '../../main/oauth/types.ts'

const zone = process.env.TZ
beforeAll(() => {
  process.env.TZ = 'UTC'
})
afterAll(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
})

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const at = Date.UTC(2026, 10, 17, 14, 2)

const grant = (changes: Partial<Grant> = {}): Grant => ({
  id: 'g',
  server: 'linear',
  account: 'ada',
  kind: 'person',
  issuer: 'https://auth.linear.example',
  clientId: 'c',
  resource: 'https://mcp.linear.example/mcp',
  scopes: [],
  state: 'connected',
  withheld: [],
  renewable: true,
  quirks: [],
  bound: null,
  label: null,
  subject: null,
  organisation: null,
  since: 0,
  connectedAt: at - 30 * DAY,
  refreshedAt: null,
  expiresAt: null,
  ...changes,
})

const entry = (changes: Partial<LedgerEntry>): LedgerEntry => ({
  seq: 1,
  grant: 'g',
  server: 'linear',
  account: 'ada',
  label: null,
  issuer: 'https://auth.linear.example',
  at,
  event: 'renewal',
  reason: 'ahead-of-expiry',
  outcome: 'renewed',
  endedAt: at,
  cutShort: false,
  rotated: true,
  error: null,
  status: null,
  code: null,
  tokenAgeMs: null,
  sleptMs: 0,
  retryAt: null,
  ...changes,
})

const history = (changes: Partial<AccountHistory>): AccountHistory => ({
  server: 'linear',
  account: 'ada',
  issuer: 'https://auth.linear.example',
  grant: grant(),
  retryAt: null,
  receipt: null,
  entries: [],
  ...changes,
})

const signedOut = entry({ event: 'signed-out', reason: 'provider', outcome: null })
const refused = entry({
  outcome: 'refused',
  error: 'invalid_grant',
  status: 400,
  tokenAgeMs: 30 * DAY,
  sleptMs: 9 * HOUR,
})
const needed = grant({ state: 'sign-in-needed' })

describe('why an account is signed out', () => {
  it('names the day, the answer, the sleep, the age of the token, and what mends it', () => {
    expect(explain(history({ grant: needed, entries: [signedOut, refused] }), at)).toEqual({
      state: 'sign-in-needed',
      sentences: [
        'Signed out on Tue 2026-11-17 14:02: the provider answered invalid_grant after the machine slept 9 h; the refresh token was 30 days old.',
      ],
      mend: 'warder connect linear',
    })
  })

  it.each([
    [{ cutShort: true, outcome: null }, 'was cut short: if the provider sent a new token then'],
    [{ outcome: 'not-stored' }, 'was answered, but the vault did not store what came'],
    [{ outcome: 'unavailable' }, 'got no answer: if the provider sent a new token then'],
  ] as const)('suspects an answer that was lost before: %j', (changes, words) => {
    const entries = [signedOut, refused, entry(changes)]
    const { sentences } = explain(history({ grant: needed, entries }), at)
    expect(sentences).toHaveLength(2)
    expect(sentences[1]).toContain(words)
  })

  it.each([{ outcome: 'renewed' }, { outcome: 'unavailable', status: 503 }] as const)(
    'suspects nothing after %j',
    (changes) => {
      const entries = [signedOut, refused, entry(changes)]
      expect(explain(history({ grant: needed, entries }), at).sentences).toHaveLength(1)
    },
  )

  it.each([
    ['resource', 'the server refuses even a token that was just renewed'],
    ['expired', 'the access token is over, and the provider gave no refresh token'],
    ['vault', 'the vault holds no token of it any more'],
  ] as const)('%s', (reason, words) => {
    const entries = [entry({ event: 'signed-out', reason, outcome: null })]
    expect(explain(history({ grant: needed, entries }), at).sentences).toEqual([
      `Signed out on Tue 2026-11-17 14:02: ${words}.`,
    ])
  })

  it('says a sign-in that ended in the middle was not finished', () => {
    expect(explain(history({ grant: needed }), at).sentences).toEqual([
      'The sign-in was not finished.',
    ])
  })

  it('does not take the sign-out of an earlier grant of the account for its own', () => {
    const entries = [{ ...signedOut, grant: 'earlier' }]
    expect(explain(history({ grant: needed, entries }), at).sentences).toEqual([
      'The sign-in was not finished.',
    ])
  })
})

describe('an account that is connected', () => {
  it('says since when, and nothing else while all is well', () => {
    const well = history({ grant: grant({ refreshedAt: at }), entries: [entry({})] })
    expect(explain(well, at)).toEqual({
      state: 'connected',
      sentences: ['Signed in on Sun 2026-10-18 14:02, last renewed on Tue 2026-11-17 14:02.'],
      mend: null,
    })
  })

  it.each([
    [at + 1, 'Until then the access token at hand is used, as long as the server takes it.'],
    [at, 'Until then calls fail at once.'],
  ])('says what a provider that is down means for calls: %i', (expiresAt, words) => {
    const entries = [entry({ outcome: 'unavailable', status: 503 })]
    const down = history({ grant: grant({ expiresAt }), entries, retryAt: at + 5_000 })
    expect(explain(down, at).sentences.slice(1)).toEqual([
      'The renewal on Tue 2026-11-17 14:02 failed: the provider answered 503.',
      `Warder asks again at 14:02:05. ${words}`,
    ])
  })

  it('says that nothing can be renewed where there is no refresh token', () => {
    const once = history({ grant: grant({ renewable: false, expiresAt: at }) })
    expect(explain(once, at).sentences[1]).toBe(
      'The provider gave no refresh token, so nothing can be renewed. It lasts until Tue 2026-11-17 14:02.',
    )
  })
})

describe('an account that is held, being revoked, or gone', () => {
  it('held: says since when, and how to go on', () => {
    const entries = [entry({ event: 'frozen', outcome: null })]
    expect(explain(history({ grant: grant({ state: 'frozen' }), entries }), at)).toEqual({
      state: 'frozen',
      sentences: [
        'Held since Tue 2026-11-17 14:02: the provider https://auth.linear.example now names other endpoints than at the sign-in. The token was sent nowhere.',
      ],
      mend: 'If the change is genuine: warder revoke linear/ada, then warder connect linear',
    })
  })

  const receipt: Receipt = {
    id: 'r',
    grant: 'g',
    account: 'ada',
    server: 'linear',
    issuer: 'https://auth.linear.example',
    reason: 'by the test',
    startedAt: at,
    state: 'proven',
    steps: [],
    remains: null,
  }

  it.each([
    ['proven', 'every token of it was seen dead'],
    ['revoked', 'the provider confirmed it'],
    ['pending', 'out of use here; the provider has not confirmed it yet, Warder asks again'],
    ['local-only', 'out of use here only'],
  ] as const)('gone: says what was proven, %s', (state, words) => {
    const gone = history({ grant: null, receipt: { ...receipt, state, remains: 'What remains.' } })
    expect(explain(gone, at)).toEqual({
      state: 'gone',
      sentences: [`Revoked on Tue 2026-11-17 14:02: ${words}.`, 'What remains.'],
      mend: 'warder connect linear',
    })
  })
})

describe('one entry in words', () => {
  it.each([
    [{}, 'renewal ahead of expiry: renewed, with a new refresh token'],
    [{ rotated: false, reason: 'start' }, 'renewal after Warder started: renewed'],
    [
      { reason: 'rejected-by-resource', outcome: 'unavailable', sleptMs: -2 * HOUR },
      'renewal because the server refused the token: the provider did not answer after the clock was set back 2 h',
    ],
    [
      { outcome: 'unavailable', code: 'net.address_refused' },
      'renewal ahead of expiry: the provider could not be asked (net.address_refused)',
    ],
    [
      { outcome: null, cutShort: true },
      'renewal ahead of expiry: cut short, since Warder ended in the middle of it',
    ],
    [{ outcome: null }, 'renewal ahead of expiry: under way'],
    [
      { outcome: 'held' },
      'renewal ahead of expiry: not sent, since the provider names other endpoints than at the sign-in',
    ],
    [{ event: 'revoked', outcome: null }, 'revoked'],
  ] as const)('%j', (changes, words) => {
    expect(entryText(entry(changes))).toBe(words)
  })
})

it.each([
  [0, 'less than a minute'],
  [MINUTE, '1 min'],
  [2 * HOUR - 1, '119 min'],
  [9.9 * HOUR, '9 h'],
  [2 * DAY - 1, '47 h'],
  [30 * DAY, '30 days'],
])('%i ms are %s', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

it('writes times as a person does', () => {
  expect([dayAndTime(at), clockTime(at + 7_000)]).toEqual(['Tue 2026-11-17 14:02', '14:02:07'])
})
