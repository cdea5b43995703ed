import { describe, expect, it } from 'vitest'
import { parseChallenges, tokenChallenge } from '../../main/oauth/challenge.ts'

const asData = (field: string) =>
  parseChallenges(field).map(({ scheme, parameters }) => ({
    scheme,
    ...Object.fromEntries(parameters),
  }))

describe('WWW-Authenticate (RFC 9110 §11.6.1)', () => {
  it('reads several challenges in one field', () => {
    expect(asData('Basic realm="a, b", Bearer scope="x y", error=invalid_token')).toEqual([
      { scheme: 'basic', realm: 'a, b' },
      { scheme: 'bearer', scope: 'x y', error: 'invalid_token' },
    ])
  })

  it('reads schemes without parameters and with token68', () => {
    expect(asData('Negotiate, NTLM TlRMTVNTUAAB==, Bearer')).toEqual([
      { scheme: 'negotiate' },
      { scheme: 'ntlm' },
      { scheme: 'bearer' },
    ])
  })

  it('takes schemes and parameter names in any case, with white space around =', () => {
    expect(asData('bEARER Resource_Metadata \t=\t"https://m.example/x"')).toEqual([
      { scheme: 'bearer', resource_metadata: 'https://m.example/x' },
    ])
  })

  it('takes the backslash off quoted characters', () => {
    expect(asData(String.raw`Bearer realm="a\"b\\c"`)).toEqual([
      { scheme: 'bearer', realm: String.raw`a"b\c` },
    ])
  })

  it('passes over empty list elements', () => {
    expect(asData(', ,Bearer error="x",, scope="y",')).toEqual([
      { scheme: 'bearer', error: 'x', scope: 'y' },
    ])
  })

  it('does not take a quoted challenge for a challenge', () => {
    const headers = new Headers({
      'www-authenticate': 'Basic realm="Bearer resource_metadata=x"',
    })
    expect(tokenChallenge(headers)).toBeNull()
  })

  it('prefers the bearer challenge that names its metadata', () => {
    const headers = new Headers()
    headers.append('www-authenticate', 'Bearer realm="old"')
    headers.append('www-authenticate', 'Bearer resource_metadata="https://m.example/x"')
    expect(tokenChallenge(headers)?.resourceMetadata).toBe('https://m.example/x')
  })

  it.each([
    ['a parameter twice', 'Bearer scope="a", SCOPE="b"'],
    ['an open quoted string', 'Bearer scope="a'],
    ['a parameter before any scheme', 'scope="a"'],
    ['a value that is neither token nor quoted', 'Bearer scope="a", resource_metadata=https://x'],
    ['no comma between parameters', 'Bearer scope="a" error="b"'],
    ['more than 8 kB', `Bearer scope="${'a'.repeat(8200)}"`],
  ])('refuses %s', (_what, field) => {
    expect(() => parseChallenges(field)).toThrowError(
      expect.objectContaining({ code: 'oauth.metadata_invalid' }),
    )
  })
})
