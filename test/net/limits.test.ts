import { describe, expect, it } from 'vitest'
import { toWarderError } from '../../main/errors.ts'
import { parseJsonLimited, readTextLimited } from '../../main/net/limits.ts'

const depth = (maxDepth: number) => ({ maxDepth })
const tooLarge = expect.objectContaining({ code: 'net.too_large' })
const malformed = expect.objectContaining({ code: 'net.malformed' })

describe('parseJsonLimited', () => {
  it('counts nesting, not brackets', () => {
    expect(parseJsonLimited('[[],{"a":[]},[]]', depth(3))).toEqual([[], { a: [] }, []])
    expect(() => parseJsonLimited('[[],{"a":[]},[]]', depth(2))).toThrow(tooLarge)
  })

  it('does not count what stands in strings', () => {
    expect(parseJsonLimited('["[[[\\"[[{{", "\\\\", []]', depth(2))).toHaveLength(3)
    expect(() => parseJsonLimited('["\\\\", [[]]]', depth(2))).toThrow(tooLarge)
  })

  it('takes a million levels without a stack', () => {
    expect(() => parseJsonLimited('['.repeat(1_000_000), depth(32))).toThrow(tooLarge)
    expect(() => parseJsonLimited('{"a":'.repeat(1_000_000), depth(32))).toThrow(tooLarge)
  })

  it.each(['', '{', ']', '"', '"\\', '{"a":hunter2}', '[1,]', 'NaN'])('refuses %j', (text) => {
    expect(() => parseJsonLimited(text, depth(9))).toThrow(malformed)
  })

  it('quotes nothing of what it refuses, in no part of the error', () => {
    try {
      parseJsonLimited('{"token": hunter2}', depth(9))
      expect.unreachable()
    } catch (error) {
      const { message, cause, details } = toWarderError(error)
      expect(`${message} ${cause} ${JSON.stringify(details)}`).not.toContain('hunter2')
    }
  })
})

describe('readTextLimited', () => {
  const chunks = (...parts: Uint8Array[]) => new Response(new Blob(parts as BlobPart[]).stream())

  it('counts bytes and allows exactly the limit', async () => {
    expect(await readTextLimited(new Response('üü'), 4)).toBe('üü')
    await expect(readTextLimited(new Response('üü'), 3)).rejects.toEqual(tooLarge)
    expect(await readTextLimited(new Response(null), 0)).toBe('')
  })

  it('puts characters together that arrive in pieces, and refuses what is not UTF-8', async () => {
    expect(await readTextLimited(chunks(Buffer.from([0xc3]), Buffer.from([0xbc])), 9)).toBe('ü')
    await expect(readTextLimited(chunks(Buffer.from([0xc3])), 9)).rejects.toEqual(malformed)
  })

  it('stops reading an endless body at the limit', async () => {
    let [pulled, cancelled] = [0, false]
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(++pulled && 1024)),
      cancel() {
        cancelled = true
      },
    })
    await expect(readTextLimited(new Response(endless), 8 * 1024)).rejects.toEqual(tooLarge)
    expect(cancelled).toBe(true)
    expect(pulled).toBeLessThan(16)
  })
})
