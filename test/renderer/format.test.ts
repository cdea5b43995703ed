import { describe, expect, it } from 'vitest'
import {
  bytes,
  duration,
  hostOf,
  relativeTime,
  sourceInWords,
  visible,
} from '../../renderer/parts/format.ts'

const second = 1000
const hour = 3_600_000
const day = 24 * hour

describe('relative times', () => {
  it.each([
    [0, 'just now'],
    [-59 * second, 'just now'],
    [-60 * second, '1 minute ago'],
    [-119 * second, '1 minute ago'],
    [-59 * 60 * second, '59 minutes ago'],
    [-hour, '1 hour ago'],
    [-day, 'yesterday'],
    [-8 * day, 'last week'],
    [-400 * day, 'last year'],
    [5 * second, 'just now'],
    [30 * second, 'in a moment'],
    [2 * hour, 'in 2 hours'],
  ])('%d ms away is "%s"', (away, words) => {
    expect(relativeTime(1_790_000_000_000 + away, 1_790_000_000_000)).toBe(words)
  })
})

describe('words for values', () => {
  it('writes out what a screen does not show or what turns the text around', () => {
    expect(visible('a\u202Eb\u200Bc\nd\u2028e\u0000')).toBe(
      'a\\u{202e}b\\u{200b}c\\u{a}d\\u{2028}e\\u{0}',
    )
    expect(visible('plain “text” with ünïcode')).toBe('plain “text” with ünïcode')
  })

  it('names sources, hosts, sizes and durations', () => {
    expect(sourceInWords('secret:a:b')).toBe('secret “a:b”')
    expect(sourceInWords('grant:linear')).toBe('sign-in of “linear”')
    expect(sourceInWords('else')).toBe('else')
    expect(hostOf('https://a.example:8443/x')).toBe('a.example:8443')
    expect(hostOf('not a url')).toBe('not a url')
    expect([bytes(999), bytes(1000), bytes(2_500_000)]).toEqual(['999 B', '1.0 kB', '2.5 MB'])
    expect([duration(999), duration(1234)]).toEqual(['999 ms', '1.2 s'])
  })
})
