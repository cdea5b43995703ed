import { describe, expect, it } from 'vitest'
import {
  documentRedirectUri,
  fixedRedirectUri,
  freshPlace,
  placeOf,
  registeredPlaces,
} from '../../main/oauth/redirect-uri.ts'

const issuer = 'https://idp.example'

describe('the place of a redirect URI', () => {
  it.each([
    ['http://127.0.0.1:65535/cb', { host: '127.0.0.1', port: 65_535, path: '/cb' }],
    ['http://localhost/a/b', { host: 'localhost', port: 0, path: '/a/b' }],
    ['http://[::1]:8080', { host: '[::1]', port: 8080, path: '/' }],
  ])('%s', (uri, place) => {
    expect(placeOf(uri)).toEqual(place)
  })

  it.each([
    'https://127.0.0.1/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.2/cb',
    'http://0.0.0.0/cb',
    'http://idp.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1/cb?x=1',
    'http://127.0.0.1/cb#x',
    'http://user@127.0.0.1/cb',
    'xhttp://127.0.0.1/cb',
    'http://127.0.0.1/cb\n',
    'com.example.app:/cb',
    '',
  ])('is none of ours: %j', (uri) => {
    expect(() => placeOf(uri)).toThrow(
      expect.objectContaining({
        code: 'oauth.registration_needed',
        message: expect.stringContaining('use http://127.0.0.1:PORT/PATH'),
      }),
    )
  })
})

describe('where Warder listens', () => {
  it('has a path for each issuer, so that no other provider’s answer arrives there', () => {
    const place = freshPlace(issuer)
    expect(place).toMatchObject({ host: '127.0.0.1', port: 0 })
    expect(place.path).toMatch(/^\/cb\/[0-9a-f]{16}$/)
    expect(freshPlace('https://other.example').path).not.toBe(place.path)
    expect(fixedRedirectUri(issuer)).toBe(fixedRedirectUri(issuer))
    expect(fixedRedirectUri(issuer)).toBe(`http://127.0.0.1:47811${place.path}`)
    expect(documentRedirectUri).toBe('http://127.0.0.1:47811/callback')
  })

  it('is what was registered by hand: a URI, a list of ports, or what Warder proposes', () => {
    const { path } = freshPlace(issuer)
    expect(registeredPlaces(issuer, undefined, [])).toEqual([
      { host: '127.0.0.1', port: 47_811, path },
    ])
    expect(registeredPlaces(issuer, 'http://localhost:3118/cb', [])).toEqual([
      { host: 'localhost', port: 3118, path: '/cb' },
    ])
    expect(registeredPlaces(issuer, undefined, [5001, 5002])).toEqual([
      { host: '127.0.0.1', port: 5001, path },
      { host: '127.0.0.1', port: 5002, path },
    ])
  })
})
