import { describe, expect, it } from 'vitest'
import { createMask } from '../../main/audit/mask.ts'
import { redactLine, redactText, redactValue } from '../../main/audit/redact.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'

const token = `ghp_${'7aQ3xK9bVt2mR5cZ8dH1'.repeat(2)}`.slice(0, 40)

describe('the redactor', () => {
  it('takes the values of the vault out by name, and what looks like a credential after them', () => {
    const knownSecrets = createKnownSecrets()
    knownSecrets.add('secret:notes', 'shapeless words of ours')
    const { text, masked } = redactText(
      `a shapeless words of ours b ${token} c`,
      createMask(knownSecrets),
    )
    expect(text).toBe('a [masked by Warder: secret:notes] b [redacted by Warder] c')
    expect(masked).toBe(2)
  })

  it('leaves what is masked already as it is', () => {
    const text = 'API_KEY=[masked by Warder: secret:notes] TOKEN="[redacted by Warder]"'
    expect(redactText(text)).toEqual({ text, masked: 0 })
  })

  it('goes by the names of data, by pairs, and by options before their values', () => {
    expect(
      redactValue({
        headers: [['x-api-key', 'hunter2hunter2']],
        args: ['--token', 'hunter2hunter2', '--verbose'],
        env: { DB_PASSWORD: 'hunter2', NAME: 'ann', PIN: 1234, password: 19991231 },
        credentials: { user: 'ann', value: '7aQ3xK9bVt2mR5cZ8dH1' },
        [token]: 1,
        max_tokens: 4096,
      }),
    ).toEqual({
      headers: [['x-api-key', '[redacted by Warder]']],
      args: ['--token', '[redacted by Warder]', '--verbose'],
      env: {
        DB_PASSWORD: '[redacted by Warder]',
        NAME: 'ann',
        PIN: '[redacted by Warder]',
        password: '[redacted by Warder]',
      },
      credentials: { user: 'ann', value: '[redacted by Warder]' },
      '[redacted by Warder]': 1,
      max_tokens: 4096,
    })
  })
})

describe('a line of a log', () => {
  it('that is JSON is looked through by its members, and else as the text that it is', () => {
    const headers = [
      ['authorization', 'horse-battery-9'],
      ['accept', 'text/plain'],
    ]
    const line = JSON.stringify({
      level: 'info',
      headers,
      args: ['--token', 'horse-battery-9'],
      n: 1,
    })
    expect(redactText(line).text).toContain('horse-battery-9')
    const { text, masked } = redactLine(line)
    expect(masked).toBeGreaterThan(0)
    expect(text).not.toContain('horse-battery-9')
    expect(JSON.parse(text)).toMatchObject({
      level: 'info',
      args: ['--token', expect.any(String)],
      n: 1,
    })
    expect(redactLine('token=horse-battery-9 {').text).not.toContain('horse-battery-9')
  })

  it.each([' { "a":  1.0, "b": 12345678901234567890 }', '[1,2', 'plain words', ''])(
    'stays as it was written where nothing is in it: %s',
    (line) => expect(redactLine(line)).toEqual({ text: line, masked: 0 }),
  )
})
