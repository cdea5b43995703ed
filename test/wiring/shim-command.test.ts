import { describe, expect, test } from 'vitest'
import { isShim } from '../../main/wiring/shim-command.ts'

describe('a command that starts the shim', () => {
  test.each([
    ['/home/a/.local/share/warder/bin/warder-mcp', ['--client', 'cursor']],
    ['C:\\Program Files\\nodejs\\node.exe', ['C:\\W\\bin\\warder-mcp.mjs', '--client', 'cursor']],
    ['warder', ['mcp', '--client', 'cursor', '--server', 'github']],
    ['/usr/bin/node', ['/opt/w/dist/cli/warder.cjs', 'mcp', '--client', 'x']],
  ])('%s %j', (command, args) => expect(isShim(command, args)).toBe(true))
})

describe('another command', () => {
  test.each([
    ['npx', ['-y', 'mcp', '--client', 'x']],
    ['warder', ['serve']],
    ['node', ['server.js', 'warder-mcp-lookalike']],
    ['sh', ['-c', 'x', '/tmp/warder-mcp']],
    ['/usr/bin/node', ['/opt/warder/cli.js', 'mcp', '--client', 'x']],
  ])('%s %j', (command, args) => expect(isShim(command, args)).toBe(false))
})
