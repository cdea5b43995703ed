import { describe, expect, it } from 'vitest'
import { pastedServers } from '../../../main/wiring/adoption/pasted.ts'

const entry = { command: 'npx', args: ['-y', 'x'], env: { KEY: '${KEY}' } }
const seen = (text: string) =>
  pastedServers(text).map(({ name, command, url }) => [name, command ?? url])

describe('a piece of a configuration', () => {
  it.each([
    [JSON.stringify({ mcpServers: { one: entry } }), 'one'],
    [JSON.stringify({ servers: { one: entry } }), 'one'],
    [JSON.stringify({ context_servers: { one: entry } }), 'one'],
    [JSON.stringify({ mcp: { servers: { one: entry } } }), 'one'],
    [`{ "mcpServers": { // mine\n "one": ${JSON.stringify(entry)}, } }`, 'one'],
    [JSON.stringify({ one: entry }), 'one'],
    [`"one": ${JSON.stringify(entry)}`, 'one'],
    [JSON.stringify(entry), 'server'],
    ['[mcp_servers.one]\ncommand = "npx"\n', 'one'],
    ['extensions:\n  one:\n    cmd: npx\n', 'one'],
  ])('is read whoever it was written for: %s', (text, name) => {
    expect(seen(text)).toEqual([[name, 'npx']])
  })

  it('may be of a remote server', () => {
    expect(
      seen(JSON.stringify({ mcpServers: { a: { serverUrl: 'https://a.example/' } } })),
    ).toEqual([['a', 'https://a.example/']])
  })

  it.each(['', '{}', 'hello', '{"mcpServers":{}}', '[1]', 'null', '{"name":"x"}'])(
    'is none: %s',
    (text) => expect(() => pastedServers(text)).toThrow('No server'),
  )
})
