import { readdirSync, statSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { type Answer, runCli, startWarder } from '../harness/warder.ts'
import { errorOf } from './support/calls.ts'
import { addClient, CLIENT } from './support/stage.ts'

/** Clears, moves, hides, turns around, and begins a new line. */
const hostile = '\x1b[2J\x1b]0;x\x07\x9b1A\u202e\u200b\r\n\x7f'
const unprintable = /[^\P{C}\n]/u

/** Says it on stderr, in the name of a tool and in an error, and ends in the same way. */
const server = `
import { createInterface } from 'node:readline'
const hostile = ${JSON.stringify(hostile)}
const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: hostile, version: hostile } }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  const put = (rest) => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...rest }))
  if (id === undefined) return
  if (method === 'initialize') return put({ result: opened })
  if (method === 'tools/list') return put({ result: { tools: [{ name: hostile, description: hostile, inputSchema: { type: 'object' } }] } })
  if (params?.name === 'end') return process.stderr.write('last ' + hostile + ' words\\n', () => process.exit(1))
  put({ error: { code: -32000, message: hostile } })
})`

it('nothing that a server or a client says moves the cursor of who looks at it', async () => {
  await using home = await testHome()
  // Other users may look in, so each file has to keep them out by itself.
  await chmod(home.path, 0o755)
  await using warder = await startWarder({ home: home.path })
  const file = path.join(home.path, 'server.mjs')
  await writeFile(file, server, { mode: 0o600 })
  await warder.ok(['server', 'add', 'loud', '--approve', '--', process.execPath, file])
  await addClient(warder, CLIENT)
  const client = await warder.client(CLIENT, 'loud')
  await client.listTools()
  for (const name of [hostile, 'end']) await errorOf(client.callTool({ name }))

  const verbs = [['audit'], ['status'], ['server', 'list'], ['server', 'logs', 'loud']]
  const answers: Answer[] = []
  for (const verb of verbs)
    for (const json of [[], ['--json']])
      answers.push(await runCli(['--home', home.path, ...json, ...verb]))
  answers.push(await runCli(['--home', home.path, 'server', 'test', hostile]))
  for (const { stdout, stderr } of answers) {
    expect(stdout).not.toMatch(unprintable)
    expect(stderr).not.toMatch(unprintable)
  }
  const said = answers.map(({ stdout }) => stdout).join('')
  // The name of the tool is in the audit, and the last words are in the log.
  expect(said).toContain('\\u{1b}[2J')
  expect(said).toContain('last ')
  expect(warder.output.join('')).not.toMatch(unprintable)

  const open = readdirSync(home.path, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (statSync(path.join(home.path, name)).mode & 0o077) !== 0,
  )
  expect(open).toEqual([])
})
