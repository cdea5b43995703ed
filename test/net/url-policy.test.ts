import { describe, expect, it } from 'vitest'
import { isWarderError } from '../../main/errors.ts'
import { authorizationUrl, checkBrowserUrl } from '../../main/net/browser-url.ts'
import type { UrlField } from '../../main/net/url-fields.ts'
import { checkUrl, type UrlPolicy } from '../../main/net/url-policy.ts'

const remote: UrlPolicy = { serverUrl: 'https://mcp.vendor.example/mcp' }
const local: UrlPolicy = { serverUrl: 'http://127.0.0.1:3000/mcp' }

/** @returns the rule that refuses the URL, or undefined */
function refusedBy(raw: string, field: UrlField = 'authorization_endpoint', policy = remote) {
  try {
    checkUrl(raw, field, policy)
    return undefined
  } catch (error) {
    if (!isWarderError(error, 'net.url_refused')) throw error
    return error.details?.rule
  }
}

describe('spelling', () => {
  it.each([
    ['https://idp.example/%ff', 'encoding'],
    ['https://idp.example/%C0%AE/x', 'encoding'],
    ['https://idp.example/x?y=%E2%80%AE', 'encoding'],
    ['https://idp.example/x?y=%C2%85', 'encoding'],
    ['https://idp.example/a/%2e%2E/x', 'path'],
    ['https://idp.example/a%2F..%2Fx', 'path'],
    ['https://idp.example/a%5c..%5cx', 'path'],
    ['https://idp.example/x#', 'fragment'],
    ["https://idp.example/x?y='", 'characters'],
    ['https://idp.example/x?y=[1]', 'characters'],
    ['https://idp.example/ü', 'characters'],
    ['https://idp.example:/x', 'port'],
    ['https://idp.example:0443/x', 'port'],
    ['https://idp.example:0/x', 'port'],
    ['https://idp.example:+443/x', 'port'],
    ['https://idp.example:６443/x', 'port'],
    ['https://idp.example./x', 'host'],
    ['https://idp-.example/x', 'host'],
    [`https://${'a'.repeat(64)}.example/x`, 'host'],
    ['https://idp.example。evil.example/x', 'host'],
    ['https://\u212aelvin.example/x', 'host'],
    ['https://MÜNCHEN.example/x', 'host'],
    ['https://1.2.3/x', 'host'],
    ['https://0x5db8d822/x', 'host'],
    ['https://[2606:2800:220:1:0248:1893:25c8:1946]/x', 'host'],
    ['https://[2606:2800::1%25eth0]/x', 'host'],
    ['https://xn--80ak6aa92e.com/x', 'host'],
    ['https://раураӏ.com/x', 'host'],
    ['https://@idp.example/x', 'userinfo'],
    [' https://idp.example/x', 'scheme'],
    [`https://idp.example/${'a'.repeat(2048)}`, 'length'],
  ])('refuses %j for its %s', (raw, rule) => {
    expect(refusedBy(raw)).toBe(rule)
  })

  it.each([
    ['https://idp.example/group%2Fproject/authorize'],
    ['HTTPS://idp.example/authorize'],
    ['https://idp.example'],
    ['https://idp.example/?'],
    ['https://idp.example:8443/authorize'],
    ['https://idp.example/@scope/authorize!*,+:='],
    ['https://93.184.216.34/authorize'],
    ['https://[2606:2800:220:1:248:1893:25c8:1946]/authorize'],
    ['https://почта.com/authorize'],
  ])('accepts %j', (raw) => {
    expect(refusedBy(raw)).toBeUndefined()
  })

  it('takes whatever JSON holds where a URL should stand', () => {
    for (const value of [null, undefined, 7, {}, ['https://idp.example/']])
      expect(refusedBy(value as unknown as string)).toBe('scheme')
  })
})

describe('fields', () => {
  it.each([
    ['State=x'],
    ['st%61te=x'],
    ['state%5B%5D=x'],
    ['redirect.uri=x'],
    ['+state=x'],
    ['a=1;state=x'],
    ['ok=1&Client_ID=x'],
    ['grant_type=password'],
  ])('finds the OAuth parameter in ?%s', (query) => {
    expect(refusedBy(`https://idp.example/x?${query}`)).toBe('parameters')
    expect(refusedBy(`https://idp.example/x?${query}`, 'token_endpoint')).toBe('parameters')
  })

  it('leaves the query of the user’s own server alone', () => {
    expect(refusedBy('https://functions.example/mcp?code=key', 'server_url')).toBeUndefined()
  })

  it('knows which identifiers take a query, a path, or http', () => {
    expect(refusedBy('https://idp.example?', 'issuer')).toBe('query')
    expect(refusedBy('https://app.example/', 'client_id')).toBe('path')
    expect(refusedBy('http://localhost:9/x', 'client_id', local)).toBe('port')
    expect(refusedBy('http://localhost:4000/x', 'client_id', local)).toBe('cleartext')
  })
})

describe('reach', () => {
  const own: UrlPolicy = { serverUrl: 'https://mcp.corp.internal/', allowPrivateNetwork: true }

  it('unlocks loopback for a server on loopback, and nothing else', () => {
    expect(refusedBy('http://localhost:4000/x', 'token_endpoint', local)).toBeUndefined()
    expect(refusedBy('https://idp.example/x', 'token_endpoint', local)).toBeUndefined()
    expect(refusedBy('http://idp.example/x', 'token_endpoint', local)).toBe('cleartext')
    expect(refusedBy('https://10.0.0.1/x', 'token_endpoint', local)).toBe('private')
    expect(refusedBy('http://0.0.0.0:4000/x', 'token_endpoint', local)).toBe('forbidden')
    expect(refusedBy('http://[::ffff:127.0.0.1]:4000/x', 'token_endpoint', local)).toBe('host')
    expect(refusedBy('http://[::ffff:7f00:1]:4000/x', 'token_endpoint', local)).toBe('forbidden')
    expect(refusedBy('https://localhost/x', 'token_endpoint', own)).toBe('loopback')
  })

  it('lets the user’s own network be allowed, whole or host by host', () => {
    const some = { ...own, allowPrivateNetwork: ['idp.corp.internal', '[fd12::1]', '10.1.2.3'] }
    const hosts = ['idp.corp.internal', '[fd12::1]', '10.1.2.3', 'other.corp.internal', 'wiki']
    const check = (policy: UrlPolicy) =>
      hosts.map((host) => refusedBy(`https://${host}/x`, 'token_endpoint', policy))
    expect(check(remote)).toEqual(['private', 'private', 'private', 'private', 'private'])
    expect(check(own)).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(check(some)).toEqual([undefined, undefined, undefined, 'private', 'private'])
    expect(refusedBy('http://wiki/x', 'token_endpoint', own)).toBe('cleartext')
  })

  it('never reaches a metadata service, whatever is allowed', () => {
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', '100.100.100.200', '168.63.129.16'])
      expect(refusedBy(`https://${host}/x`, 'token_endpoint', own)).toBe('forbidden')
    for (const host of ['metadata.google.internal', 'metadata', '[fe80::1]', '192.0.0.192'])
      expect(refusedBy(`https://${host}/x`, 'token_endpoint', own)).toBe('forbidden')
  })
})

describe('what the browser gets', () => {
  it('is the endpoint as it came, with our parameters behind it', () => {
    const open = (endpoint: string) => authorizationUrl(endpoint, { state: "a b'c" }, remote).url
    expect(open('https://idp.example/x')).toBe('https://idp.example/x?state=a+b%27c')
    expect(open('https://idp.example/x?')).toBe('https://idp.example/x?state=a+b%27c')
    expect(open('https://idp.example/x?l=de%20fr')).toBe(
      'https://idp.example/x?l=de%20fr&state=a+b%27c',
    )
  })

  it('is shown by a host that cannot be a look-alike', () => {
    expect(checkBrowserUrl('https://münchen.example:8443/', remote).host).toBe(
      'xn--mnchen-3ya.example:8443',
    )
  })

  it('has a limit too', () => {
    const state = 'a'.repeat(8192)
    expect(() => authorizationUrl('https://idp.example/x', { state }, remote)).toThrow(
      expect.objectContaining({ code: 'net.url_refused' }),
    )
  })
})

describe('a refusal', () => {
  it('names the field, the server and the rule, and quotes nothing', () => {
    const error = catching(() => checkUrl('https://\u001b[31m$(x)@evil.example', 'issuer', remote))
    expect(error.message).toBe(
      'The issuer of mcp.vendor.example is refused: it has an @ before the host.',
    )
  })

  it('is all that a mangled URL can cause', () => {
    const random = mulberry(20_261_121)
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
    const bases = ['https://münchen.example:443/a%20b?c=d', 'https://[::1]:8/', 'http://127.1/x?y']
    const pieces = [
      ...'%/\\?#@:[].$&\'";\t\0\n\u202e\u200bａéа',
      '%00',
      'xn--',
      '..',
      '::',
      '\ud800',
    ]
    let survivors = 0
    for (let turn = 0; turn < 20_000; turn++) {
      let raw = pick(bases)
      for (let cut = 0; cut <= random() * 3; cut++) {
        const at = Math.floor(random() * raw.length)
        raw = raw.slice(0, at) + pick(pieces) + raw.slice(at + Math.floor(random() * 3))
      }
      const url = accepted(raw, pick([remote, local]))
      if (url === undefined) continue
      survivors++
      // What was accepted reads alike: the ASCII form of it is accepted too, and stays as it is.
      expect(checkUrl(url, 'server_url', local).href).toBe(url)
    }
    expect(survivors).toBeGreaterThan(100)
  })
})

function accepted(raw: string, policy: UrlPolicy): string | undefined {
  try {
    return checkUrl(raw, 'server_url', policy).href
  } catch (error) {
    if (isWarderError(error, 'net.url_refused')) return undefined
    throw error
  }
}

function catching(act: () => unknown): Error {
  try {
    act()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}

/** A small seeded generator, so that a failure comes back. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
