import { describe, expect, it } from 'vitest'
import { type CallbackRequest, judgeCallback } from '../../main/oauth/callback-answer.ts'

const place = { authority: '127.0.0.1:4711', path: '/cb/5d41' }
const expected = { state: 'the-state', issuer: 'https://idp.example', issAdvertised: true }

function judge(
  query: string,
  headers: Record<string, string> = {},
  more: Partial<CallbackRequest> = {},
) {
  const all: Record<string, string> = { host: place.authority, ...headers }
  const target = `${place.path}?${query}`
  const request = { method: 'GET', target, header: (name: string) => all[name], ...more }
  return judgeCallback(request, place, expected)
}

const genuine = 'code=c&state=the-state&iss=https%3A%2F%2Fidp.example'
const refused = (status: number, why = 'none') => ({ kind: 'refuse', status, why })

describe('a genuine answer', () => {
  it('hands on code, state and issuer, and nothing else', () => {
    const verdict = judge(`${genuine}&session_state=1&code_extra=2&=x&flag`)
    expect(verdict.kind === 'code' && [...verdict.parameters]).toEqual([
      ['code', 'c'],
      ['state', 'the-state'],
      ['iss', 'https://idp.example'],
    ])
  })

  it('has no issuer to hand on where none was sent', () => {
    const request = { method: 'GET', target: `${place.path}?code=c&state=the-state` }
    const verdict = judgeCallback({ ...request, header: () => place.authority }, place, {
      ...expected,
      issAdvertised: false,
    })
    expect(verdict).toEqual(refused(403))
    const plain = (name: string) => (name === 'host' ? place.authority : undefined)
    const again = judgeCallback({ ...request, header: plain }, place, {
      ...expected,
      issAdvertised: false,
    })
    expect(again.kind === 'code' && [...again.parameters.keys()]).toEqual(['code', 'state'])
  })

  it('reads + as a space and escapes as UTF-8', () => {
    const verdict = judge(genuine.replace('code=c', 'code=a+b%20c'))
    expect(verdict.kind === 'code' && verdict.parameters.get('code')).toBe('a b c')
  })

  it('can be an error', () => {
    expect(judge(genuine.replace('code=c', 'error=access_denied'))).toEqual({
      kind: 'error',
      error: 'access_denied',
    })
  })
})

describe('what is no answer', () => {
  it.each([
    ['a code and an error', `${genuine}&error=x`, 400],
    ['neither', genuine.replace('code=c', 'x=y'), 400],
    ['an empty error', genuine.replace('code=c', 'error='), 400],
    ['an error without value', genuine.replace('code=c', 'error'), 400],
    ['an empty code', genuine.replace('code=c', 'code='), 400],
    ['a code with a line break in front', genuine.replace('code=c', 'code=%0Ac'), 400],
    ['a code with a line break behind', genuine.replace('code=c', 'code=c%0A'), 400],
    ['a code beyond ASCII', genuine.replace('code=c', 'code=%C3%BC'), 400],
    ['a code too long', genuine.replace('code=c', `code=${'c'.repeat(8193)}`), 400],
    ['a code twice', `${genuine}&code=c`, 400],
    ['a state twice', `${genuine}&state=the-state`, 400],
    ['an issuer twice', `${genuine}&iss=https%3A%2F%2Fidp.example`, 400],
    ['a broken escape in a value', `${genuine}&error_description=%`, 400],
    ['a broken escape in a name', `${genuine}&%zz=1`, 400],
    ['bytes that are not UTF-8', `${genuine}&error_uri=%ff`, 400],
  ])('%s', (_what, query, status) => {
    expect(judge(query)).toEqual(refused(status))
  })

  it('has many parameters that are not ours, twice or broken, without harm to a genuine one', () => {
    expect(judge(`${genuine}&x=1&x=2&y=%ff`).kind).toBe('code')
  })

  it.each([
    ['another state', genuine.replace('the-state', 'other'), 'state'],
    ['no state', genuine.replace('state=', 'stat='), 'state'],
    ['no query', '', 'state'],
    ['another issuer', genuine.replace('idp.example', 'idp.example%2F'), 'issuer'],
    ['an issuer in another case', genuine.replace('idp', 'IDP'), 'issuer'],
    ['no issuer though one was promised', 'code=c&state=the-state', 'issuer'],
    ['another issuer’s error', 'error=x&state=the-state&iss=https%3A%2F%2Fb.example', 'issuer'],
  ])('%s', (_what, query, why) => {
    expect(judge(query)).toEqual(refused(400, why))
  })

  it('another method, host or path', () => {
    expect(judge(genuine, {}, { method: 'POST' })).toEqual(refused(405))
    expect(judge(genuine, {}, { method: 'HEAD' })).toEqual(refused(405))
    for (const host of ['localhost:4711', '127.0.0.1', '127.0.0.1:4712', 'evil.example'])
      expect(judge(genuine, { host })).toEqual(refused(403))
    for (const target of [place.path, `/cb/5d41/?${genuine}`, `//cb/5d41?${genuine}`, '', '?'])
      expect(judge('', {}, { target })).toEqual(
        target === place.path ? refused(400, 'state') : refused(404),
      )
    expect(judge('', {}, { target: `?${genuine}` })).toEqual(refused(404))
  })
})

describe('a load that is no navigation', () => {
  it.each([
    { 'sec-purpose': 'prefetch' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
    { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
    { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
    { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-dest': 'document' },
  ])('%o', (headers) => {
    expect(judge(genuine, headers as Record<string, string>)).toEqual(refused(403))
  })

  it('is not what a browser says of a redirect, nor an old browser that says nothing', () => {
    expect(
      judge(genuine, { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }).kind,
    ).toBe('code')
    expect(judge(genuine).kind).toBe('code')
  })
})
