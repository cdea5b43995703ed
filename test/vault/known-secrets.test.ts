import { describe, expect, it } from 'vitest'
import { createMask } from '../../main/audit/mask.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'

const values = (known: ReturnType<typeof createKnownSecrets>) =>
  [...known.entries()].map(({ value }) => value)

describe('what is known of secrets', () => {
  it('does not grow with renewals: the last values of each kind stay, those of other kinds too', () => {
    const known = createKnownSecrets()
    known.add('secret:key', 'a-key-of-old')
    for (let hour = 0; hour < 1_000; hour++) known.add('ann access token', `token-${hour}`)
    expect(values(known)).toEqual([
      'a-key-of-old',
      ...Array.from({ length: 8 }, (_, index) => `token-${992 + index}`),
    ])
  })

  it('keeps what is used again', () => {
    const known = createKnownSecrets()
    known.add('k', 'in-use-always')
    for (let count = 0; count < 20; count++) {
      known.add('k', `another-${count}`)
      known.add('k', 'in-use-always')
    }
    expect(values(known)).toContain('in-use-always')
    expect(values(known)).toHaveLength(8)
  })

  it('tells kinds apart where labels do not', () => {
    const known = createKnownSecrets()
    for (let server = 0; server < 20; server++)
      known.add('import', `token-of-${server}`, `${server}`)
    expect(values(known)).toHaveLength(20)
  })

  it('keeps one value under the first of its names', () => {
    const known = createKnownSecrets()
    known.add('first', 'the-same-value')
    const { version } = known
    known.add('second', 'the-same-value')
    expect(known.version).toBe(version)
    expect([...known.entries()]).toEqual([{ label: 'first', value: 'the-same-value' }])
  })

  it('takes a value over into the kind that names it last, so that others of its first do not push it out', () => {
    const known = createKnownSecrets()
    known.add('grant:crm access token', 'token-of-ann')
    known.add('grant:crm/ann access token', 'token-of-ann')
    for (let account = 0; account < 20; account++)
      known.add('grant:crm access token', `token-of-${account}`)
    expect([...known.entries()][0]).toEqual({
      label: 'grant:crm access token',
      value: 'token-of-ann',
    })
    expect(values(known)).toHaveLength(9)
    for (let hour = 0; hour < 8; hour++) known.add('grant:crm/ann access token', `of-ann-${hour}`)
    expect(values(known)).not.toContain('token-of-ann')
  })

  it('is masked as it is known at that moment', () => {
    const known = createKnownSecrets()
    const mask = createMask(known)
    for (let hour = 0; hour < 12; hour++) {
      known.add('t', `the-token-${hour}-`)
      expect(mask(`x the-token-${hour}- y`).text).toBe('x [masked by Warder: t] y')
    }
    expect(mask('the-token-11- the-token-4- the-token-3-').masked).toBe(2)
  })
})
