import { describe, expect, it } from 'vitest'
import { createMask } from '../../main/audit/mask.ts'
import { plainOutcome, plainWords } from '../../main/audit/plain.ts'
import type { Intent } from '../../main/audit/rows.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'

const token = `ghp_${'q7Rz2LmW9xKb4Vt8Yc3N'.repeat(2)}`.slice(0, 40)
const mask = createMask(createKnownSecrets())

describe('the words of a row', () => {
  const intent: Intent = {
    ...{ call: '1', user: 'ann', client: 'cursor', proof: 'same-user', session: null },
    ...{ server: 'github', account: null, method: 'tools/call', target: 'create_issue' },
    ...{ decision: 'allow', rule: 'rules[0]', argumentKeys: ['title', 'max_tokens'], bytes: 1 },
  }

  it('stay as they are where they name something', () => {
    expect(intent).toMatchObject(plainWords(intent, mask))
  })

  it.each([
    { target: `get_${token}` },
    { target: `https://a.example/x?access_token=${token}` },
    { target: `x${' '.repeat(240)}${token}` },
    { argumentKeys: [token] },
    { method: `tools/${token}` },
  ])('hold no credential of anybody: %j', (change) => {
    const text = JSON.stringify(plainWords({ ...intent, ...change }, mask))
    expect(text).not.toContain(token.slice(0, 12))
  })

  it('are looked through as far as they can be shown, however long they are and however many', () => {
    const long = `${'x'.repeat(4_000)} ${token} `.repeat(200)
    const row = plainWords({ ...intent, target: long, argumentKeys: Array(64).fill(long) }, mask)
    expect(row.target).toBe(`${'x'.repeat(256)}…`)
    expect(row.argumentKeys[0]?.length).toBeLessThanOrEqual(257)
    expect(row.argumentKeys.at(-1)).toBe('…')
  })

  it('show no half of a secret where they were cut before it ended', () => {
    const pad = `${`password=${'q7Rz2LmW9x'.repeat(100)}\n`.repeat(4)}`
    const target = `${pad}${'-'.repeat(4 * 1024 - pad.length - 12)} ${token}${'x'.repeat(5_000)}`
    const shown = plainWords({ ...intent, target }, mask).target ?? ''
    expect(shown).not.toContain('ghp_')
  })

  it('hold none in a code of a server either', () => {
    const outcome = {
      outcome: 'error' as const,
      code: `bad token ${token}`,
      latencyMs: 1,
      bytes: 1,
      account: null,
      masked: 0,
    }
    expect(plainOutcome(outcome, mask).code).toBe('bad token [redacted by Warder]')
  })

  it('are masked where one became a secret after it was a name', () => {
    const secrets = createKnownSecrets()
    const knows = createMask(secrets)
    const named = { ...intent, target: 'kept-before-it-was-one' }
    expect(plainWords(named, knows).target).toBe('kept-before-it-was-one')
    secrets.add('secret:k', 'kept-before-it-was-one')
    expect(plainWords(named, knows).target).toBe('[masked by Warder: secret:k]')
  })
})
