import { describe, expect, it } from 'vitest'
import { readShownName, shownName } from '../../../main/bridge/aggregation/names.ts'
import { seededRandom } from '../random-json.ts'

const LEGAL = /^[A-Za-z0-9_.-]{1,128}$/

describe('a name among those of all servers', () => {
  it.each([
    ['notes', 'echo', 'notes__echo'],
    ['notes', 'Echo', 'notes__Echo'],
    ['a-1', '__x', 'a-1____x'],
    ['a', 'b__c', 'a__b__c'],
    ['notes', 'a.b-c_D9', 'notes__a.b-c_D9'],
  ])('of %s and %s is %s, and says so itself', (server, own, shown) => {
    expect(shownName(server, own)).toBe(shown)
    expect(readShownName(shown)).toEqual({ server, own })
  })

  it.each([
    ['a blank', 'read file'],
    ['a slash', 'files/read'],
    ['another script', 'wıde'],
    ['too many characters', 'x'.repeat(122)],
    ['an end that looks shortened', 'x.0123456789abcdef'],
  ])('with %s is shortened to a legal one that keeps the server', (_what, own) => {
    const shown = shownName('notes', own)
    expect(shown).toMatch(LEGAL)
    expect(shown).toMatch(/^notes__.*\.[0-9a-f]{16}$/)
    expect(shown).not.toBe(`notes__${own}`)
    expect(readShownName(shown)).toEqual({ server: 'notes', own: null })
  })

  it('goes to the last character that is legal', () => {
    expect(shownName('notes', 'x'.repeat(121))).toBe(`notes__${'x'.repeat(121)}`)
  })

  it.each([
    'echo',
    '__echo',
    'notes_echo',
    '',
    'notes__',
    'notes__a b',
    `notes__${'x'.repeat(122)}`,
  ])('%j is none of ours', (shown) => {
    expect(readShownName(shown)).toBeNull()
  })

  it('is another one for every server and name, and always the same', () => {
    const random = seededRandom(7)
    const pieces = [
      'a',
      'b',
      '_',
      '__',
      '.',
      '-',
      ' ',
      '/',
      'é',
      '0123456789abcdef',
      'x'.repeat(60),
    ]
    const seen = new Map<string, string>()
    for (let round = 0; round < 5_000; round++) {
      const server = random.pick(['a', 'a-b', 'b', 'x'.repeat(32)])
      const first = Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces)).join('')
      // A name that was made here may come back as the name of a tool.
      const own = random.below(4) === 0 ? shownName(server, first) : first
      const shown = shownName(server, own)
      expect(shown).toMatch(LEGAL)
      expect(shownName(server, own)).toBe(shown)
      const from = JSON.stringify([server, own])
      expect(seen.get(shown) ?? from).toBe(from)
      seen.set(shown, from)
      const read = readShownName(shown)
      expect(read).toEqual({ server, own: read?.own ?? null })
      if (read?.own !== null) expect(read?.own).toBe(own)
    }
  })
})
