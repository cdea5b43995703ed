import { describe, expect, it } from 'vitest'
import { matches } from '../../main/policy/glob.ts'
import { seededRandom } from '../bridge/random-json.ts'

/** The same in the words of a regular expression: slower, but nobody doubts what it says. */
function reference(glob: string): RegExp {
  const source = Array.from(glob, (character) => {
    if (character === '*') return '.*'
    if (character === '?') return '.'
    return character.replace(/[\\^$.|+()[\]{}/-]/, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`, 'su')
}

describe('a glob', () => {
  it.each([
    ['*', '', true],
    ['*', 'a/b.c\nd', true],
    ['delete_*', 'delete_', true],
    ['delete_*', 'Delete_all', false],
    ['delete_*', 'xdelete_all', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a\nc', true],
    ['a?c', 'a😀c', true],
    ['a??c', 'a😀c', false],
    ['😀*', '😀😁', true],
    ['file:///**/x', 'file:///a/b/x', true],
    ['[ab]', 'a', false],
    ['a.c', 'abc', false],
    ['', '', true],
  ])('%j on %j is %s', (glob, name, expected) => {
    expect(matches(glob, name)).toBe(expected)
  })

  it('means what the regular expression means', () => {
    const random = seededRandom(1)
    const text = (letters: readonly string[], most: number) =>
      Array.from({ length: random.below(most) }, () => random.pick(letters)).join('')
    let hits = 0
    for (let round = 0; round < 20_000; round++) {
      const glob = text(['a', 'b', '.', '/', '[', '\n', '😀', '*', '*', '?'], 9)
      const name = text(['a', 'b', '.', '/', '[', '\n', '😀'], 12)
      const expected = reference(glob).test(name)
      if (expected) hits++
      expect(matches(glob, name), JSON.stringify({ glob, name })).toBe(expected)
    }
    expect(hits).toBeGreaterThan(1_000)
  })
})
