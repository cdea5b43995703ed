import { describe, expect, it } from 'vitest'
import { createDecide } from '../../main/policy/decide.ts'
import { spellingsOf } from '../../main/policy/spellings.ts'
import type { Rule } from '../../main/store/config-schema.ts'

const everything: Rule = { effect: 'allow', client: '*', server: '*' }
const effectOn = (rules: readonly Rule[], name: string) =>
  createDecide({ rules: () => rules, isClient: () => true })({
    principals: { user: 'me', client: 'one', proof: 'bearer', session: 's' },
    server: 's',
    operation: { kind: 'resource', name },
  }).effect

describe('a resource that a rule denies', () => {
  const deny: Rule = { ...everything, effect: 'deny', resource: 'file:///secret/key' }
  const below: Rule = { ...everything, effect: 'deny', resource: 'file:///secret/*' }
  it.each([
    'file:///secret/key',
    'file:///%73ecret/key',
    'file:///secret/%6b%65%79',
    'file:///secret%2Fkey',
    'FILE:///secret/key',
    ' file:///secret/key ',
    'file:/secret/key',
    'file:secret/key',
    'file:////secret//key',
    'file://localhost/secret/key',
    'file://LOCALHOST/secret/key',
    'file:///secret\\key',
    'file:///secret/key?as=text',
    'file:///secret/key#x',
  ])('is denied as %s', (name) => {
    expect(effectOn([everything, deny], name)).toBe('deny')
    expect(effectOn([everything, below], name)).toBe('deny')
  })

  it.each([
    ['https://docs.example/a*', 'HTTPS://Docs.EXAMPLE:443/a?x'],
    ['notes://team/é', 'Notes://Team/%C3%A9'],
    ['my://a/b c', 'my://a/b%20c'],
  ])('is denied by %s as %s', (resource, name) => {
    expect(effectOn([everything, { ...everything, effect: 'deny', resource }], name)).toBe('deny')
  })

  it('leaves all others', () => {
    for (const name of ['file:///secret/keys', 'file:///Secret/key', 'x:///secret/key', 'key'])
      expect(effectOn([everything, deny], name)).toBe('allow')
  })
})

it('a resource is allowed in the one spelling that a rule names', () => {
  const allow: Rule = { ...everything, resource: 'https://Docs.example/a b' }
  expect(effectOn([allow], 'https://Docs.example/a b')).toBe('allow')
  for (const name of ['https://docs.example/a%20b', 'https://Docs.example/a b?x', 'FILE:///a'])
    expect(effectOn([allow], name)).toBe('deny')
})

it('what is no URI has the one spelling', () => {
  expect(spellingsOf('a name of its own')).toEqual(['a name of its own'])
  expect(spellingsOf('%zz%e9')).toEqual(['%zz%e9'])
})
