import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { standAlone } from '../../../main/bridge/eras/request-meta.ts'

const speaker = { info: '{"name":"c"}', capabilities: '{"roots":{}}', logLevel: null }
const meta =
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/clientCapabilities":{"roots":{}}'
const translated = (text: string, more?: Record<string, string>) =>
  standAlone(readMessage(text) as RequestMessage, '7', speaker, more)

describe('a request of a session, standing alone (MCP 2026-07-28, basic, _meta)', () => {
  it('keeps every byte of the client', () => {
    const odd = ' "big":12345678901234567890 , "exp":1e400,"zero":-0,"u":"\\u0041" '
    expect(translated(`{"params":{${odd}}, "method":"x","id":"c1","jsonrpc":"2.0"} `)).toBe(
      `{"params":{"_meta":{${meta}},${odd}}, "method":"x","id":7,"jsonrpc":"2.0"} `,
    )
  })

  it.each([
    ['no params', '', `,"params":{"_meta":{${meta}}}`],
    ['empty params', ',"params":{}', `,"params":{"_meta":{${meta}}}`],
    ['an empty _meta', ',"params":{"_meta":{}}', `,"params":{"_meta":{${meta}}}`],
    [
      'a _meta of its own',
      ',"params":{"_meta":{"progressToken":1e2},"a":1}',
      `,"params":{"_meta":{${meta},"progressToken":1e2},"a":1}`,
    ],
  ])('gets its metadata with %s', (_, before, after) => {
    const around = (params: string, id: string) =>
      `{"jsonrpc":"2.0","id":${id},"method":"x"${params}}`
    expect(translated(around(before, '"c1"'))).toBe(around(after, '7'))
  })

  it('says who speaks, whatever the client wrote there', () => {
    const text = translated(
      '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"liar"},"io.modelcontextprotocol\\/protocolVersion":"1999"}}}',
    )
    expect(JSON.parse(text).params._meta).toEqual(JSON.parse(`{${meta}}`))
    expect(text).not.toMatch(/liar|1999/)
  })

  it('carries the answers and the state of a further round', () => {
    const more = { inputResponses: '{"a":{"n":1e2}}', requestState: '"\\u0061=="' }
    expect(translated('{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":1}}', more)).toContain(
      '"inputResponses":{"a":{"n":1e2}},"requestState":"\\u0061=="',
    )
  })

  it.each([
    ['{"requestState":"taken from another server"}'],
    ['{"inputResponses":{}}'],
    ['{"_meta":[]}'],
  ])('is refused with %s', (params) => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`
    expect(() => translated(text)).toThrow(expect.objectContaining({ code: 'bridge.malformed' }))
  })
})
