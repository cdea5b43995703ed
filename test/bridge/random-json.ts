/** A small generator with a seed, so that a failing case can be run again. */
export interface Random {
  below(limit: number): number
  pick<T>(choices: readonly T[]): T
}

/** mulberry32: enough to vary inputs, nothing more. */
export function seededRandom(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick: (choices) => {
      const choice = choices[below(choices.length)]
      if (choice === undefined) throw new RangeError('nothing to pick from')
      return choice
    },
  }
}

const strings = [
  '""',
  '"a"',
  '"\\u0061b"',
  '"€ 😀"',
  '"\\ud83d\\ude00"',
  '"\\"\\\\\\/\\n"',
  '"__proto__"',
  '"} , ]"',
]
const numbers = [
  '0',
  '-0',
  '7',
  '-12.50',
  '1e400',
  '1E-7',
  '123456789012345678901234567890',
  '9007199254740993',
]
const words = ['true', 'false', 'null']
const spaces = ['', '', '', ' ', '\t', '\r\n', '\n  ']

/** One valid JSON text, spelled in the odd ways that RFC 8259 allows; names within an object differ. */
export function randomJson(random: Random, depth = 4): string {
  const space = () => random.pick(spaces)
  const list = (item: (index: number) => string) =>
    Array.from({ length: random.below(5) }, (_, index) => space() + item(index) + space()).join(',')
  const choice = random.below(depth > 0 ? 6 : 3)
  if (choice === 0) return random.pick(strings)
  if (choice === 1) return random.pick(numbers)
  if (choice === 2) return random.pick(words)
  if (choice === 3) return `[${list(() => randomJson(random, depth - 1)) || space()}]`
  const member = (index: number) =>
    `${random.pick(strings).slice(0, -1)}${index}"${space()}:${space()}${randomJson(random, depth - 1)}`
  return `{${list(member) || space()}}`
}

/** The text with one place deleted, doubled, or replaced. */
export function mutate(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  const inserted = random.pick([
    '',
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '0',
    '-',
    '.',
    'e',
    'u',
    ' ',
    '\n',
    '\u0000',
    '\u2028',
    '\ufeff',
    'x',
  ])
  return text.slice(0, at) + inserted + text.slice(at + random.below(3))
}
