import { describe, expect, it } from 'vitest'
import { readJson } from '../../main/bridge/json-scan.ts'
import { soundTools } from '../../main/bridge/tool-lines.ts'
import { isPlainToolName } from '../../main/policy/tool-names.ts'

describe('the name of a tool', () => {
  it.each(['read_file', 'a.b-C9', 'é', 'wıde', 'поиск', '検索API', 'x'.repeat(128), '__proto__'])(
    'may be %s',
    (name) => expect(isPlainToolName(name)).toBe(true),
  )

  it.each([
    ['with a letter of another script', 'r\u0435ad_file'],
    ['with a Greek letter', 're\u03b1d'],
    ['in full width', '\uff52ead_file'],
    ['that is a path', '../../etc/passwd'],
    ['with a space', 'read file'],
    ['with what cannot be seen', 'read\u200b'],
    ['with a control character', 'read\u001b[0m'],
    ['in another spelling of the same letters', 'e\u0301'],
    ['that is too long', 'x'.repeat(129)],
    ['that is empty', ''],
  ])('is nothing %s', (_, name) => expect(isPlainToolName(name)).toBe(false))
})

describe('a list of tools', () => {
  const kept = (...lines: object[]) =>
    soundTools(readJson(JSON.stringify(lines)).elements()).map(({ raw }) => JSON.parse(raw).name)

  it('keeps what is sound', () => {
    expect(kept({ name: 'a', inputSchema: {} }, { name: 'b', inputSchema: {} })).toEqual(['a', 'b'])
  })

  it('loses both of two tools with one name', () => {
    const twice = [1, 2].map((title) => ({ name: 'a', title, inputSchema: {} }))
    expect(kept(...twice, { name: 'b', inputSchema: {} })).toEqual(['b'])
  })

  it('loses a tool that does not say what it takes, and one whose header is none', () => {
    const header = { properties: { a: { type: 'string', 'x-mcp-header': 'X\r\nY' } } }
    expect(
      kept({ name: 'a' }, { name: 'b', inputSchema: 1 }, { name: 'c', inputSchema: header }),
    ).toEqual([])
  })
})
