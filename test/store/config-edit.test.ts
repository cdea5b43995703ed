import { findNodeAtLocation, type ParseError, parse, parseTree } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import { editJson } from '../../main/store/config-edit.ts'
import { type Random, seededRandom } from '../bridge/random-json.ts'

const text = (...lines: string[]) => lines.join('\n')

describe('an edit of a JSON text with comments', () => {
  const servers = text(
    '// mine',
    '{',
    '\t"servers": {',
    '\t\t// the notes of the team',
    '\t\t"notes": { "command": "notes" }, // keep',
    '\t\t/* search */',
    '\t\t"search": { "command": "search" } // slow',
    '\t},',
    '\t"rules": [ /* none */ ]',
    '}',
  )

  it('adds after the last member and leaves its comment with it', () => {
    expect(editJson(servers, ['servers', 'new'], { command: 'x' })).toBe(
      servers.replace(
        '"search" } // slow',
        '"search" }, // slow\n\t\t"new": {\n\t\t\t"command": "x"\n\t\t}',
      ),
    )
  })

  it('keeps a file of one line on one line', () => {
    const line = '{"a":1,"servers":{"b":{"c":[2]}}}\n'
    const added = editJson(line, ['servers', 'new'], { command: 'x' })
    expect(added).toBe('{"a":1,"servers":{"b":{"c":[2]},"new":{"command":"x"}}}\n')
    expect(editJson(added, ['servers', 'new'], undefined)).toBe(line)
    expect(editJson('{"servers":{}}', ['servers', 'new'], { command: 'x' })).toBe(
      '{"servers":{"new":{"command":"x"}}}',
    )
  })

  it('removes a member and nothing else, comments included', () => {
    expect(editJson(servers, ['servers', 'notes'], undefined)).toBe(
      servers.replace('\t\t"notes": { "command": "notes" }, // keep', '\t\t// keep'),
    )
    expect(editJson(servers, ['servers', 'search'], undefined)).toBe(
      servers
        .replace('"notes" }, // keep', '"notes" } // keep')
        .replace('\t\t"search": { "command": "search" } // slow', '\t\t// slow'),
    )
  })

  it('takes whole lines where nothing else stands on them', () => {
    const list = text('{', '  "a": 1,', '  "b": [', '    2', '  ],', '  "c": 3', '}')
    expect(editJson(list, ['b'], undefined)).toBe(text('{', '  "a": 1,', '  "c": 3', '}'))
    expect(editJson(list, ['c'], undefined)).toBe(
      text('{', '  "a": 1,', '  "b": [', '    2', '  ]', '}'),
    )
  })

  it('appends to a list that is there, and makes one that is not', () => {
    expect(JSON.parse(editJson('{}', ['rules', -1], { a: 1 }))).toEqual({ rules: [{ a: 1 }] })
    expect(JSON.parse(editJson('{"rules":[{"a":1}]}', ['rules', -1], { a: 2 }))).toEqual({
      rules: [{ a: 1 }, { a: 2 }],
    })
    expect(parse(editJson(servers, ['rules', -1], 7))).toMatchObject({ rules: [7] })
    expect(editJson(servers, ['rules', -1], 7)).toContain('/* none */')
  })

  it('makes the parents that are missing', () => {
    expect(JSON.parse(editJson('{"x": 1}', ['servers', 'a'], { command: 'x' }))).toEqual({
      x: 1,
      servers: { a: { command: 'x' } },
    })
  })

  it('removes the only member before a trailing comma', () => {
    expect(editJson('{"a":1,}', ['a'], undefined)).toBe('{}')
    expect(editJson('{"a": [1, /* one */ ]}', ['a', 0], undefined)).toBe('{"a": [/* one */ ]}')
  })

  it('leaves the text alone where there is nothing to remove', () => {
    expect(editJson(servers, ['servers', 'none'], undefined)).toBe(servers)
    expect(editJson(servers, ['rules', 3], undefined)).toBe(servers)
  })

  it('keeps a byte order mark and the line breaks that are there', () => {
    const edited = editJson('\uFEFF{\r\n  "a": 1\r\n}\r\n', ['b'], { c: [2] })
    expect(edited).toBe(
      '\uFEFF{\r\n  "a": 1,\r\n  "b": {\r\n    "c": [\r\n      2\r\n    ]\r\n  }\r\n}\r\n',
    )
  })
})

describe('any edit of any text', () => {
  it('changes that value, and takes no comment, blank or other value away', () => {
    const random = seededRandom(2026)
    for (let round = 0; round < 3_000; round++) {
      const written = randomText(random)
      const model = read(written)
      const location = randomLocation(random, model)
      const { value } = random.pick<{ value?: unknown }>([
        {},
        { value: 7 },
        { value: 'new' },
        { value: { deep: [1, { x: null }] } },
      ])
      const edited = editJson(written, location, value)
      const about = JSON.stringify({ round, written, location, value, edited }, null, 1)
      expect(read(edited), about).toEqual(expected(model, location, value))
      // Comments are numbered: each is there once, in the order they were in, but for those of what was taken out.
      expect(comments(edited), about).toEqual(comments(without(written, location, value)))
    }
  })
})

type Json = null | number | string | Json[] | { [name: string]: Json }

function read(written: string): Json {
  const errors: ParseError[] = []
  const value = parse(written.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true }) as Json
  expect(errors).toEqual([])
  return value
}

const comments = (written: string) => written.match(/<\d+>/g) ?? []

/** The text without what the edit takes out: the value, and with it its name where it is removed. */
function without(written: string, location: (string | number)[], value: unknown): string {
  const json = written.replace(/^\uFEFF/, '')
  const tree = parseTree(json, [], { allowTrailingComma: true })
  const node = tree && findNodeAtLocation(tree, location)
  if (node === undefined) return json
  const gone = value === undefined && node.parent?.type === 'property' ? node.parent : node
  return json.slice(0, gone.offset) + json.slice(gone.offset + gone.length)
}

function expected(model: Json, location: readonly (string | number)[], value: unknown): unknown {
  const copy = structuredClone(model)
  const [first, second] = location as [string, string | number | undefined]
  const root = copy as Record<string, unknown>
  if (second === undefined) {
    if (value === undefined) delete root[first]
    else root[first] = value
    return root
  }
  const inner = root[first]
  if (Array.isArray(inner)) {
    if (second === -1) {
      if (value !== undefined) inner.push(value)
    } else if (value !== undefined) inner[second as number] = value
    else if ((second as number) < inner.length) inner.splice(second as number, 1)
    return root
  }
  if (value !== undefined) root[first] = { ...(inner as object), [second]: value }
  else if (inner !== undefined) delete (inner as Record<string, unknown>)[second as string]
  return root
}

function randomLocation(random: Random, model: Json): (string | number)[] {
  const root = model as Record<string, Json>
  const first = random.pick(['a', 'b', 'c', 'd', 'e'])
  const inner = root[first]
  if (Array.isArray(inner))
    return random.pick([[first], [first, -1], [first, random.below(inner.length + 1)]])
  if (inner === undefined || (typeof inner === 'object' && inner !== null))
    return random.pick([[first], [first, random.pick(['a', 'b', 'x'])]])
  return [first]
}

/** An object of objects and lists, written as no two people would. */
function randomText(random: Random): string {
  const eol = random.pick(['\n', '\r\n'])
  let number = 0
  const blank = () => {
    const block = () => `/*<${number++}>${random.pick(['', ' x ', `${eol} y `])}*/`
    const line = () => `// <${number++}> "}],${eol}`
    return Array.from({ length: random.below(3) }, () =>
      random.pick([() => ' ', () => '\t', () => eol, () => `${eol}    `, block, line])(),
    ).join('')
  }
  const list = (items: (() => string)[]) => {
    const written = items.map((item) => `${blank()}${item()}${blank()}`).join(',')
    return written + (items.length > 0 && random.below(3) === 0 ? `,${blank()}` : blank())
  }
  const members = (names: readonly string[], value: () => string) =>
    `{${list(names.map((name) => () => `"${name}"${blank()}:${blank()}${value()}`))}}`
  const some = <T>(all: readonly T[]) => all.filter(() => random.below(2) === 0)
  const plain = () => random.pick(['1', '"x, }"', 'null', '"// no"', '[]', '{}'])
  const inner = () =>
    random.pick([
      plain,
      () => `[${list(some([plain, plain, plain]))}]`,
      () => members(some(['a', 'b', 'c']), plain),
    ])()
  const mark = random.below(5) === 0 ? '\uFEFF' : ''
  return `${mark}${blank()}${members(some(['a', 'b', 'c', 'd']), inner)}${blank()}`
}
