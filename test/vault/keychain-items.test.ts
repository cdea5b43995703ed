import { describe, expect, it } from 'vitest'
import { decodeHead, encodeValue, ITEM_BYTES } from '../../main/vault/keychain-items.ts'

const encode = (value: string) => encodeValue('grant:a', value, '9be1c24a')

describe('what is written into the keychain', () => {
  it('is printable ASCII and never longer than an item', () => {
    for (const value of ['', 'Grüße', '世界 🔑', '\0\u007f\u0080', '世'.repeat(5_000)]) {
      const { head, chunks } = encode(value)
      for (const text of [head, ...chunks.map((chunk) => chunk.text)]) {
        expect(text).toMatch(/^[\x20-\x7e]+$/)
        expect(text.length).toBeLessThanOrEqual(ITEM_BYTES)
      }
    }
  })

  it('holds nothing of a chunked value in its header', () => {
    const { head, chunks } = encode('secret '.repeat(1_000))
    expect(head).not.toContain('secret')
    expect(chunks.map((chunk) => chunk.name)).toEqual([
      'grant:a#9be1c24a.0',
      'grant:a#9be1c24a.1',
      'grant:a#9be1c24a.2',
    ])
    expect(decodeHead(head)).toMatchObject({ generation: '9be1c24a', chunks: 3 })
  })

  it.each(['', 'deleted', 'null', '{}', '{"version":2,"value":"x"}', '{"version":1}'])(
    'is refused as damaged when it reads %j',
    (text) => {
      expect(() => decodeHead(text)).toThrow(expect.objectContaining({ code: 'vault.damaged' }))
    },
  )
})
