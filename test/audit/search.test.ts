import { describe, expect, it } from 'vitest'
import { searchFor } from '../../main/audit/search.ts'
import { seededRandom } from '../bridge/random-json.ts'

describe('a search for many words at once', () => {
  it('finds what a search for each of them finds, wherever it stands', () => {
    const random = seededRandom(11)
    const letters = (count: number) =>
      Array.from({ length: count }, () => random.pick(['a', 'b', 'c', 'é'])).join('')
    let found = 0
    for (let round = 0; round < 3_000; round++) {
      const words = Array.from({ length: 1 + random.below(6) }, () => letters(8 + random.below(9)))
      const has = searchFor(words)
      const text =
        letters(random.below(60)) +
        (random.below(2) ? random.pick(words) : '') +
        letters(random.below(20))
      const expected = words.some((word) => text.includes(word))
      if (expected) found++
      expect(has(text), JSON.stringify({ words, text })).toBe(expected)
    }
    expect(found).toBeGreaterThan(1_000)
  })

  it('finds nothing where there is nothing to look for, or to look in', () => {
    expect(searchFor([])('anything')).toBe(false)
    expect(searchFor(['abcdefgh'])('')).toBe(false)
    expect(searchFor(['abcdefgh'])('abcdefg')).toBe(false)
    expect(searchFor(['abcdefgh'])('abcdefgh')).toBe(true)
  })
})
