import { describe, expect, it } from 'vitest'
import { createStderrTail } from '../../main/runtime/stderr-tail.ts'

const secret = 'planted-secret-value'
const mask = (text: string) => text.replaceAll(secret, '[masked]')
const tailOf = (chunks: string[], bytes?: number) => {
  const tail = createStderrTail(mask, bytes)
  for (const chunk of chunks) tail.push(Buffer.from(chunk))
  return tail
}

describe('the tail of stderr', () => {
  it('is one line without control characters', () => {
    expect(tailOf(['a\nb\r\n\u001b[31mred\u001b[0m\u202etxt\u0000']).text(100)).toBe('a b red txt')
  })

  it('masks secrets, also those that colour codes or chunks cut apart', () => {
    const cut = `${secret.slice(0, 8)}\u001b[1m${secret.slice(8)}`
    expect(tailOf([`token ${secret.slice(0, 5)}`, `${secret.slice(5)} bad`]).text(100)).toBe(
      'token [masked] bad',
    )
    expect(tailOf([cut]).text(100)).toBe('[masked]')
  })

  it('keeps the end', () => {
    expect(tailOf(['x'.repeat(100), 'the end']).text(10)).toBe('…xxthe end')
  })

  it('holds no more than it was made for, in whole lines', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`)
    for (const chunks of [lines, [lines.join('')]]) {
      const text = tailOf(chunks, 64).text(1000)
      expect(text).toMatch(/^line 99\d line .* line 999$/)
      expect(text.length).toBeLessThanOrEqual(64)
    }
  })

  it('shows nothing of a line whose beginning is lost: it may begin with half a secret', () => {
    const text = tailOf([`${secret}${'.'.repeat(50)}\nlast`], 64).text(1000)
    expect(text).toBe('last')
    expect(tailOf([`${secret}${'.'.repeat(60)}`], 64).text(1000)).toBe('')
  })
})
