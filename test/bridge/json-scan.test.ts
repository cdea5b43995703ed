import { describe, expect, it } from 'vitest'
import { type JsonLimits, type JsonNode, readJson, splice } from '../../main/bridge/json-scan.ts'
import { isWarderError, WarderError } from '../../main/errors.ts'
import { mutate, randomJson, seededRandom } from './random-json.ts'
import { heapUsed } from './support/heap.ts'

/** @returns why the text is refused, or null where it is read */
function refusal(text: string, limits?: JsonLimits): string | null {
  try {
    readJson(text, limits)
    return null
  } catch (error) {
    if (!isWarderError(error, 'bridge.malformed')) throw error
    return String(error.details?.reason)
  }
}

const nested = (open: string, close: string, depth: number) =>
  open.repeat(depth) + close.repeat(depth)

/** The value, put together from nodes alone. */
function assemble(node: JsonNode): unknown {
  if (node.kind === 'object')
    return Object.fromEntries(node.members().map(({ name, value }) => [name, assemble(value)]))
  if (node.kind === 'array') return node.elements().map(assemble)
  return JSON.parse(node.raw)
}

describe('readJson: values', () => {
  it('gives every value the span it was written in', () => {
    const text = ' {"a" : [1 , {"b":"x\\u0041"}] ,\n"c":-0.0e1 } '
    const root = readJson(text)
    expect(root.raw).toBe(text.trim())
    expect(root.member('a')?.raw).toBe('[1 , {"b":"x\\u0041"}]')
    expect(
      root
        .member('a')
        ?.elements()
        .map((node) => node.raw),
    ).toEqual(['1', '{"b":"x\\u0041"}'])
    expect(root.member('a')?.elements()[1]?.member('b')?.string()).toBe('xA')
    expect(root.member('c')?.raw).toBe('-0.0e1')
    expect(root.members().map(({ name }) => name)).toEqual(['a', 'c'])
  })

  it.each([
    ['{}', 'object'],
    ['[]', 'array'],
    ['""', 'string'],
    ['-1', 'number'],
    ['true', 'boolean'],
    ['false', 'boolean'],
    ['null', 'null'],
  ])('knows the kind of %s', (text, kind) => {
    expect(readJson(text).kind).toBe(kind)
  })

  it('finds nothing in a value of another kind', () => {
    const root = readJson('[{"name":"x"}]')
    expect(root.member('name')).toBeUndefined()
    expect(root.members()).toEqual([])
    expect(root.string()).toBeUndefined()
    expect(root.number()).toBeUndefined()
    expect(root.boolean()).toBeUndefined()
    expect(readJson('"[1]"').elements()).toEqual([])
  })

  it('finds a member by its unescaped name, and no member of Object.prototype', () => {
    const root = readJson('{"n\\u0061me":1,"__proto__":{"polluted":1}}')
    expect(root.member('name')?.raw).toBe('1')
    expect(root.member('__proto__')?.raw).toBe('{"polluted":1}')
    expect(root.member('constructor')).toBeUndefined()
    expect(root.member('toString')).toBeUndefined()
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it.each([
    ['0', 0],
    ['1.50', 1.5],
    ['1e-7', 1e-7],
    ['-2.5E+3', -2500],
    ['0.1', 0.1],
    ['100', 100],
    ['0e999', 0],
    ['1e21', 1e21],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', undefined],
    ['123456789012345678901234567890', undefined],
    ['0.30000000000000000001', undefined],
    ['1e400', undefined],
    ['1e-400', undefined],
  ])('reads the number %s only when a double holds it', (text, expected) => {
    expect(readJson(text).number()).toBe(expected)
  })

  it('keeps what it read of a text when others are read, long ones and refused ones too', () => {
    const listOf = (length: number, from: number) =>
      JSON.stringify({ a: Array.from({ length }, (_, index) => [from + index]) })
    const lengths = [3, 20_000, 5, 20_000, 2_000]
    const texts = lengths.map((length, index) => listOf(length, index * 100_000))
    const nodes = texts.map((text) => {
      const node = readJson(text)
      expect(refusal(`${text}x`)).toBe('something follows the JSON value')
      return node
    })
    const read = nodes.map((node) =>
      node
        .member('a')
        ?.elements()
        .map((one) => one.elements()[0]?.raw),
    )
    expect(read.map((values) => values?.length)).toEqual(lengths)
    expect(read.map((values) => [values?.[0], values?.at(-1)])).toEqual(
      lengths.map((length, index) => [`${index * 100_000}`, `${index * 100_000 + length - 1}`]),
    )
  })

  it('does not read a string that UTF-8 cannot hold', () => {
    expect(readJson('"\\ud800"').string()).toBeUndefined()
    expect(readJson('"\\ud83d\\ude00"').string()).toBe('😀')
  })
})

describe('readJson: what it refuses', () => {
  it.each([
    ['{"a":1,"a":2}'],
    ['{"a":1,"\\u0061":2}'],
    ['{"b":[{"\\/":1,"/":2}]}'],
    ['{"__proto__":1,"__proto__":2}'],
    ['{"":1,"":2}'],
  ])('a name twice: %s', (text) => {
    expect(refusal(text)).toBe('an object has the same name twice')
  })

  it('a name that stands twice, among few and among many, also after an object of its own', () => {
    const names = Array.from({ length: 20 }, (_, index) => `"n${index}":{"n${index}":1,"o":2}`)
    for (const count of [1, 8, 9, 20]) {
      const before = names.slice(0, count).join(',')
      expect(refusal(`{${before},"o":3}`)).toBeNull()
      expect(refusal(`{${before},"n0":3}`)).toBe('an object has the same name twice')
      expect(refusal(`{${before},"n${count - 1}":3}`)).toBe('an object has the same name twice')
    }
  })

  it('tells names apart that only look alike', () => {
    expect(refusal('{"a":1,"A":2,"а":3,"a ":4}')).toBeNull()
    expect(refusal('[{"a":1},{"a":1}]')).toBeNull()
  })

  it('nesting over the limit, at exactly the limit', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":[', ']}'],
    ] as const) {
      const levels = open.length === 1 ? 1 : 2
      expect(refusal(nested(open, close, 8 / levels), { maxDepth: 8 })).toBeNull()
      expect(refusal(nested(open, close, 8 / levels), { maxDepth: 7 })).toBe(
        'it is nested too deeply',
      )
    }
  })

  it('bombs, without overflowing the stack', () => {
    expect(refusal(nested('[', ']', 200_000))).toBe('it is nested too deeply')
    expect(refusal('{"a":'.repeat(100_000))).toBe('it is nested too deeply')
    expect(refusal(`[${'0,'.repeat(1_000_000)}0]`)).toBe('it holds too many values')
  })

  it('reads a string of many megabytes', () => {
    const long = 'A'.repeat(40_000_000)
    expect(readJson(`{"data":"${long}"}`).member('data')?.string()).toHaveLength(long.length)
  })

  it.each([
    '',
    ' ',
    '{',
    '[',
    '"',
    '"\\',
    '"\\u12',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '[1,]',
    '[1',
    '[,1]',
    '{,}',
    '{1:2}',
    "{'a':1}",
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    '0x10',
    'NaN',
    'Infinity',
    'nul',
    'True',
    '"\t"',
    '"\u0000"',
    '"\\x"',
    '\ufeff{}',
    '{}{}',
    '{} x',
    '1 2',
    '[1]]',
    '\u00a01',
    '{}\u0000',
    '// c\n1',
  ])('what is not JSON: %j', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(refusal(text)).not.toBeNull()
  })

  it('names the reason and never quotes the text', () => {
    const error = (() => {
      try {
        return readJson('{"token":"hunter2","token":"hunter2"}')
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(WarderError)
    expect(JSON.stringify([String(error), (error as WarderError).details])).not.toContain('hunter2')
    expect(String(error)).toContain('same name twice')
  })
})

describe('readJson beside JSON.parse', () => {
  it('reads random texts to the same value', () => {
    const random = seededRandom(1)
    for (let run = 0; run < 2_000; run++) {
      const text = randomJson(random)
      expect(assemble(readJson(text)), text).toEqual(JSON.parse(text))
      expect(readJson(text).value(), text).toEqual(JSON.parse(text))
    }
  })

  it('agrees on the validity of mutated texts, but for names that stand twice', () => {
    const random = seededRandom(2)
    const seen = { valid: 0, invalid: 0 }
    for (let run = 0; run < 20_000; run++) {
      const text = mutate(random, randomJson(random))
      let valid = true
      try {
        JSON.parse(text)
      } catch {
        valid = false
      }
      const reason = refusal(text)
      if (reason !== 'an object has the same name twice') expect(reason === null, text).toBe(valid)
      seen[valid ? 'valid' : 'invalid'] += 1
    }
    expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(1_000)
  })
})

describe('splice', () => {
  it('replaces spans in any order and nothing else', () => {
    const text = '{"id":1,"params":{"big":12345678901234567890}}'
    const root = readJson(text)
    const [id, big] = [root.member('id'), root.member('params')?.member('big')]
    if (id === undefined || big === undefined) throw new Error('members are missing')
    expect(
      splice(text, [
        { start: big.start, end: big.end, text: '[]' },
        { start: id.start, end: id.end, text: '"x"' },
      ]),
    ).toBe('{"id":"x","params":{"big":[]}}')
    expect(splice(text, [])).toBe(text)
  })

  it('refuses spans that overlap', () => {
    expect(() =>
      splice('abc', [
        { start: 0, end: 2, text: '' },
        { start: 1, end: 3, text: '' },
      ]),
    ).toThrow(RangeError)
  })
})

describe('a short part of a long text', () => {
  it('does not keep the text', () => {
    const size = 2 * 1024 * 1024
    const read = (at: number) => {
      const uri = `"https://example.com/some/resource/${at}"`
      // A character that is not of Latin-1, and an escape.
      const node = readJson(
        `{"pad":"${'x'.repeat(size)}","uri":${uri},"name":"\\u0061 ☃ name of ${at}"}`,
      )
      return [node.member('uri')?.string(), node.member('name')?.string(), node.member('uri')?.raw]
    }
    const before = heapUsed()
    const kept = Array.from({ length: 20 }, (_, at) => read(at))
    // Two bytes a character. The last text V8 itself may hold, where a regular expression looked at it.
    expect(heapUsed() - before).toBeLessThan(3 * 2 * size)
    expect(kept[7]).toEqual([
      'https://example.com/some/resource/7',
      'a ☃ name of 7',
      '"https://example.com/some/resource/7"',
    ])
  })
})

it('weighs a long text by its characters, or by what V8 and UTF-8 make of them', () => {
  const weight = (characters: string) =>
    readJson(`"${characters}"`).weight() - readJson('""').weight()
  const size = 30_000
  expect(weight('a'.repeat(size))).toBe(size)
  // Two bytes for each character, where one is not of Latin-1.
  expect(weight(`☃${'a'.repeat(size)}`)).toBeGreaterThan(2 * size)
  expect(weight('☃'.repeat(size))).toBeGreaterThanOrEqual(3 * size)
})
