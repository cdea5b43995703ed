import { describe, expect, it } from 'vitest'
import { secretsIn } from '../../main/detector/detect.ts'
import { ownForms } from '../../main/detector/own-forms.ts'
import { tokenForms } from '../../main/detector/token-forms.ts'
import { example } from './example.ts'

/** Put together here, so that no scanner of repositories takes these lines for a leak. */
const LETTERS = 'q7Rz2LmW9xKb4Vt8Yc3Nf6Hd1Gs5Jp0A'
const found = (text: string) => secretsIn(text).map(({ from, to }) => text.slice(from, to))

describe('a token of a known form', () => {
  it.each([...tokenForms, ...ownForms].map((form) => [form[0], form] as const))(
    '%s is found whole, in a sentence and in JSON',
    (_rule, form) => {
      const token = example(form)
      expect(found(`it is ${token}, he said`)).toEqual([token])
      expect(found(JSON.stringify({ note: token }))).toEqual([token])
    },
  )

  it('is found behind what an escape ends with, and not inside a word', () => {
    const token = `ghp_${LETTERS}abcd`
    expect(found(`x%3D${token}`)).toEqual([token])
    expect(found(`{"a":"line\\n${token}"}`)).toEqual([token])
    expect(found(`x${token}`)).toEqual([])
  })

  it.each([
    'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'sk-ant-your-key-here-0000',
    'xoxb-tokens-start-like-this',
  ])('is not %s of a page of instructions', (text) => expect(found(text)).toEqual([]))
})

describe('a credential behind a name', () => {
  const value = 'c0rrect-Horse!battery9'
  it.each([
    `password: ${value}`,
    `export DB_PASSWORD="${value}"`,
    `{"client_secret":"${value}"}`,
    JSON.stringify(JSON.stringify({ apiKey: value })),
    `<password>${value}</password>`,
    `Content-Disposition: form-data; name="password"\r\n\r\n${value}\r\n--x`,
    `machine a.example login ann password ${value}`,
    `//registry.npmjs.org/:_authToken=${value}`,
    `grant_type=password&password=${value}&scope=a`,
    `server --api-key ${value} --verbose`,
    `curl -u ann:${value} https://a.example/`,
    `mysql -p${value} app`,
    `docker login -u ann -p ${value}`,
    `<add key="ApiKey" value="${value}" />`,
    `Cookie: sid=${value}`,
    `postgres://app:${value}@db.example/app`,
    `TOKEN=\${TOKEN:-${value}}`,
  ])('is found in %s', (text) => {
    expect(secretsIn(text)).toHaveLength(1)
    expect(text.slice(secretsIn(text)[0]?.from, secretsIn(text)[0]?.to)).toContain(value)
  })

  it.each([
    'TOKEN=${TOKEN}',
    'TOKEN=$TOKEN',
    'TOKEN=%TOKEN%',
    'TOKEN=${env:TOKEN}',
    'TOKEN=${input:token}',
    'TOKEN={{ token }}',
    'TOKEN=op://vault/item/field',
    'TOKEN=secret:github',
    'password: <your password>',
    'password: ********',
    'token: "GITHUB_TOKEN"',
    'token_count: 123456',
    'max_tokens=128000',
    'password policy: twelve characters',
    'API_KEY=YOUR_API_KEY',
    'SSH_KEY_PATH=/home/ann/.ssh/id_rsa',
    'primary_key=customer_0001',
    'https://a.example/cb?code=E42-not-found',
    'Authorization: Bearer ${TOKEN}',
    'var cookies = cookie.parse(header1)',
    'privateKey: process.env.PRIVATE_KEY2',
    'redis://user:pass@localhost:6379',
  ])('is not %s', (text) => expect(found(text)).toEqual([]))

  it('is a code only beside its state', () => {
    expect(found('http://127.0.0.1/cb?code=4f9aQ2&state=x')).toEqual(['4f9aQ2'])
    expect(found('http://127.0.0.1/cb?code=4f9aQ2')).toEqual([])
  })
})

describe('a hostile text', () => {
  /** Characters that the matcher looked at, for a text of so many repetitions. */
  const steps = (unit: string, times: number) => {
    const cost = { steps: 0 }
    secretsIn(unit.repeat(times), cost)
    return cost.steps
  }

  it.each([
    'eyJ-',
    'eyJa.',
    'xapp-1-A',
    'ghp_',
    '-eyJaaaaaaaaa',
    'https://a',
    'sk-',
    'xoxb-1-',
    'ops_eyJ',
  ])(
    'of many beginnings (%s) costs twice as much when it is twice as long, not four times',
    (unit) => {
      const once = steps(unit, 20_000)
      expect(steps(unit, 40_000)).toBeLessThan(once * 2.1 + 1000)
      expect(once).toBeLessThan(20_000 * unit.length * 60)
    },
  )
})
