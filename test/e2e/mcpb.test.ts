import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { expect, it } from 'vitest'
import { pack, packer } from '../../scripts/mcpb.ts'
import { run } from '../../scripts/run.ts'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { startWarder } from '../harness/warder.ts'
import { call } from './support/calls.ts'

it('the bundle for Claude Desktop is valid, holds one file of plain JavaScript, and reaches the companion without an environment', async () => {
  await using stage = new AsyncDisposableStack()
  const folder = stage.use(await testHome()).path
  const bundle = path.join(folder, 'warder.mcpb')
  expect(await pack(path.join(folder, 'packed'), bundle)).toBe(0)
  const unpacked = path.join(folder, 'unpacked')
  const mcpb = (...args: string[]) => run(process.execPath, [packer(), ...args])
  expect(await mcpb('unpack', bundle, unpacked)).toBe(0)
  expect(await mcpb('validate', path.join(unpacked, 'manifest.json'))).toBe(0)

  const { server } = JSON.parse(readFileSync(path.join(unpacked, 'manifest.json'), 'utf8'))
  const script = readFileSync(path.join(unpacked, server.entry_point), 'utf8')
  const wanted = [...script.matchAll(/(?:require|import)\("([^"]+)"\)/g)].map(([, name]) => name)
  expect(wanted.length).toBeGreaterThan(0)
  for (const name of wanted) expect(builtinModules).toContain(name?.replace(/^node:/, ''))

  const warder = stage.use(await startWarder({ home: path.join(folder, 'w') }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'tools', '--approve', '--', command, ...args])
  await warder.ok(['client', 'add', 'claude-desktop', '--yes'])
  const client = stage.adopt(new Client({ name: 'Claude', version: '1' }), (one) => one.close())
  const words: string[] = server.mcp_config.args
  await client.connect(
    new StdioClientTransport({
      // The SDK would add variables of ours.
      command: 'env',
      args: [
        ...['-i', process.execPath],
        ...words.map((word) => word.replace(`\${__dirname}`, unpacked)),
        ...['--home', warder.home],
      ],
      stderr: 'ignore',
    }),
  )
  expect(await call(client, 'tools__echo', { message: 'hello' })).toBe('Echo: hello')
})
