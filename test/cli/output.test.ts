import { describe, expect, it } from 'vitest'
import { createOutput, type Line, table } from '../../main/cli/output.ts'
import { commandLine, printableJson } from '../../main/cli/printable.ts'
import { visible } from '../../main/visible.ts'

function written(options: { json?: boolean; tty?: boolean; env?: Record<string, string> }) {
  let text = ''
  const write = (part: string) => {
    text += part
  }
  const stdout = { isTTY: options.tty ?? false, write }
  const output = createOutput({
    json: options.json ?? false,
    stdout,
    stderr: stdout,
    env: options.env ?? {},
  })
  return { output, text: () => text }
}

const red: Line[] = [[{ text: 'no', style: 'red' }]]

describe('text that reaches a terminal', () => {
  const hostile = '\x1b[2J\r\n\t\x7f\x9b\u202e\u200b\u2028\u{e0041}\ud800'

  it('shows control characters instead of sending them', () => {
    expect(visible(hostile)).toBe(
      '\\u{1b}[2J\\u{d}\\u{a}\\u{9}\\u{7f}\\u{9b}\\u{202e}\\u{200b}\\u{2028}\\u{e0041}\\u{d800}',
    )
    expect(visible('Grüße, 你好 🙂 C:\\dir')).toBe('Grüße, 你好 🙂 C:\\dir')
  })

  it('is made printable whatever way it takes', () => {
    const { output, text } = written({})
    output.result(null, () => [hostile, [hostile, { text: hostile, style: 'red' }]])
    output.element(null, () => [hostile])
    output.note(hostile, ...table(['A', 'B'], [[hostile, hostile]]))
    expect(text().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u)
  })

  it('is printable in JSON too, and the same document', () => {
    const value = { [hostile]: [hostile, 'Grüße 🙂'] }
    for (const indent of [undefined, 2]) {
      const json = printableJson(value, indent)
      expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u)
      expect(JSON.parse(json)).toEqual(value)
    }
  })

  it('shows where each argument of a command ends', () => {
    expect(commandLine(['npx', '-y', 'a b', '', "it's"])).toBe('npx -y "a b" "" "it\'s"')
  })
})

describe('colour', () => {
  it.each([
    ['on a terminal', { tty: true }, '\x1b[31mno\x1b[39m\n'],
    ['not in a pipe', { tty: false }, 'no\n'],
    ['not with NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }, 'no\n'],
    [
      'with an empty NO_COLOR, which means nothing',
      { tty: true, env: { NO_COLOR: '' } },
      '\x1b[31mno\x1b[39m\n',
    ],
    ['not on a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, 'no\n'],
  ])('%s', (_when, options, expected) => {
    const { output, text } = written(options)
    output.result(null, () => red)
    expect(text()).toBe(expected)
  })
})

describe('JSON', () => {
  it('is one line in a pipe and for people indented on a terminal', () => {
    const pipe = written({ json: true })
    pipe.output.result({ a: [1] }, () => red)
    expect(pipe.text()).toBe('{"a":[1]}\n')
    const terminal = written({ json: true, tty: true })
    terminal.output.result({ a: 1 }, () => red)
    expect(terminal.text()).toBe('{\n  "a": 1\n}\n')
  })

  it('is always one line in a stream', () => {
    const { output, text } = written({ json: true, tty: true })
    output.element({ a: 1 }, () => red)
    output.element({ a: 2 }, () => red)
    expect(text()).toBe('{"a":1}\n{"a":2}\n')
  })
})

it('a table is as wide as its longest cells and cuts nothing', () => {
  const { output, text } = written({})
  output.result(null, () =>
    table(
      ['NAME', 'X'],
      [
        ['a-long-name', 'end'],
        ['b', 'a very long last cell'],
      ],
    ),
  )
  expect(text()).toBe('NAME         X\na-long-name  end\nb            a very long last cell\n')
})
