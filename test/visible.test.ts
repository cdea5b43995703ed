import { describe, expect, it } from 'vitest'
import { visible } from '../main/visible.ts'

describe('visible', () => {
  it('leaves what can be read as it is', () => {
    const line = 'npx -y @größe/服务器 --root "/home/alice/a b" 🔑'
    expect(visible(line)).toBe(line)
  })

  it.each([
    ['a line break', 'npx safe\nAllow this', 'npx safe\\u{a}Allow this'],
    ['text that runs backwards', 'safe\u202egnp.sh', 'safe\\u{202e}gnp.sh'],
    ['an invisible character', 'ser\u200bver', 'ser\\u{200b}ver'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a terminal escape', '\u001b[2K', '\\u{1b}[2K'],
    ['a tag character', 'a\u{e0041}', 'a\\u{e0041}'],
    ['half of a character', 'a\ud800', 'a\\u{d800}'],
    ['a filler that is drawn as nothing', 'a\u3164b', 'a\\u{3164}b'],
  ])('spells out %s', (_what, line, shown) => {
    expect(visible(line)).toBe(shown)
  })
})
