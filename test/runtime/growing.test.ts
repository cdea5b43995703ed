import { describe, expect, it } from 'vitest'
import { createGrowing } from '../../main/runtime/growing.ts'

const MIB = 1024 * 1024

describe('bytes that come piece by piece', () => {
  it.each([1, 700, 64 * 1024])('are whole in the end, in pieces of %i', (piece) => {
    const whole = createGrowing(4 * MIB)
    const expected = Buffer.alloc(Math.min(piece * 5_000, 3 * MIB), 'abcdefg')
    for (let at = 0; at < expected.length; at += piece) {
      const next = expected.subarray(at, at + piece)
      const size = whole.sizeWith(next.length)
      whole.push(next)
      expect(whole.size()).toBe(size)
    }
    expect(whole.length()).toBe(expected.length)
    expect(whole.bytes().equals(expected)).toBe(true)
    whole.free()
    expect([whole.length(), whole.size(), whole.bytes().length]).toEqual([0, 0, 0])
    whole.push(Buffer.from('again'))
    expect(whole.bytes().toString()).toBe('again')
  })

  it('are held once where they are many: the memory grows in its place and is given back at once', () => {
    const whole = createGrowing(8 * MIB)
    whole.push(Buffer.alloc(2 * MIB, 'a'))
    const { buffer } = whole.bytes()
    whole.push(Buffer.alloc(5 * MIB, 'b'))
    expect(whole.bytes().buffer).toBe(buffer)
    expect(whole.size() - whole.length()).toBeLessThan(MIB)
    whole.free()
    expect(buffer.byteLength).toBe(0)
  })

  it('cost no new buffer for each piece', () => {
    const whole = createGrowing(MIB)
    const buffers = new Set<ArrayBufferLike>()
    for (let at = 0; at < 512 * 1024; at += 8) {
      whole.push(Buffer.from('12345678'))
      if (whole.length() > 64 * 1024) buffers.add(whole.bytes().buffer)
    }
    expect(buffers.size).toBeLessThan(8)
  })
})
