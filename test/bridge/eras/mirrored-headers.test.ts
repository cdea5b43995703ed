import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { headerValue, mirroredHeaders } from '../../../main/bridge/eras/mirrored-headers.ts'
import { headerParameters } from '../../../main/bridge/eras/tool-headers.ts'
import { readJson } from '../../../main/bridge/json-scan.ts'

const message = (method: string, params: unknown) =>
  readMessage(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })) as RequestMessage
const tool = (inputSchema: unknown) => readJson(JSON.stringify({ name: 't', inputSchema }))
const mirrors = (header: string, path: string[]) => [{ header, path }]

describe('a header value (MCP 2026-07-28, Streamable HTTP, Value Encoding)', () => {
  it.each([
    ['us-west1', 'us-west1'],
    ['us west 1', 'us west 1'],
    ['', ''],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
  ])('of %j is %j', (value, expected) => expect(headerValue(value)).toBe(expected))

  it.each(['a\r\nauthorization: Bearer x', 'a\0b', '\u007f', 'a\tb', '\u0085', 'é'])(
    'never holds %j as it is',
    (value) => {
      expect(headerValue(value)).toMatch(/^=\?base64\?[\w+/=]+\?=$/)
      expect(Buffer.from(headerValue(value).slice(9, -2), 'base64').toString()).toBe(value)
    },
  )
})

describe('what a request repeats in headers', () => {
  it.each([
    ['tools/call', { name: 'a\r\nb' }, '=?base64?YQ0KYg==?='],
    ['prompts/get', { name: 'p' }, 'p'],
    ['resources/read', { uri: 'file:///a%20b', name: 'no' }, 'file:///a%20b'],
    ['tools/list', { name: 'no' }, undefined],
  ])('of %s', (method, params, name) => {
    expect(mirroredHeaders(message(method, params), '2026-07-28', [])).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    })
  })

  it('is refused for a method that no header can hold', () => {
    expect(() => mirroredHeaders(message('a\r\nx: y', {}), '2026-07-28', [])).toThrow(
      expect.objectContaining({ code: 'bridge.malformed' }),
    )
  })

  it.each([
    ['42', '42'],
    ['4.2e1', '42'],
    ['-7', '-7'],
    ['false', 'false'],
    ['"x"', 'x'],
    ['null', undefined],
    ['{}', undefined],
    ['[1]', undefined],
  ])('of the argument %s is %j', (value, expected) => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"a":{"b":${value}}}}}`
    const mirrored = mirrors('x', ['a', 'b'])
    const headers = mirroredHeaders(readMessage(text) as RequestMessage, '2026-07-28', mirrored)
    expect(headers['mcp-param-x']).toBe(expected)
  })

  it.each(['1.5', '9007199254740993', '1e400', '"\\ud800"'])('is refused for %s', (value) => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"a":${value}}}}`
    const mirrored = mirrors('x', ['a'])
    expect(() =>
      mirroredHeaders(readMessage(text) as RequestMessage, '2026-07-28', mirrored),
    ).toThrow(expect.objectContaining({ code: 'bridge.malformed' }))
  })
})

describe('the annotations of a tool (§ Schema Extension)', () => {
  const annotated = { type: 'string', 'x-mcp-header': 'Region' }

  it('are found along properties alone', () => {
    const schema = {
      properties: { a: annotated, o: { properties: { b: { ...annotated, 'x-mcp-header': 'B' } } } },
    }
    expect(headerParameters(tool(schema))).toEqual([
      { header: 'region', path: ['a'] },
      { header: 'b', path: ['o', 'b'] },
    ])
  })

  it('are no annotations where they are data or the name of an argument', () => {
    const schema = { properties: { 'x-mcp-header': { type: 'string', default: annotated } } }
    expect(headerParameters(tool(schema))).toEqual([])
  })

  it.each([
    ['an empty name', { properties: { a: { ...annotated, 'x-mcp-header': '' } } }],
    ['a name with a space', { properties: { a: { ...annotated, 'x-mcp-header': 'a b' } } }],
    ['a line break', { properties: { a: { ...annotated, 'x-mcp-header': 'a\r\nb: c' } } }],
    ['a name that is no text', { properties: { a: { ...annotated, 'x-mcp-header': 7 } } }],
    ['a number', { properties: { a: { ...annotated, type: 'number' } } }],
    ['an object', { properties: { a: { ...annotated, type: 'object' } } }],
    [
      'two of one name',
      { properties: { a: annotated, b: { ...annotated, 'x-mcp-header': 'REGION' } } },
    ],
    ['the root', annotated],
    ['items', { properties: { a: { items: annotated } } }],
    ['anyOf', { anyOf: [{ properties: { a: annotated } }] }],
    ['$defs', { $defs: { d: { properties: { a: annotated } } } }],
    ['not', { properties: { a: { not: annotated } } }],
  ])('are invalid with %s', (_, schema) => expect(headerParameters(tool(schema))).toBeNull())
})
