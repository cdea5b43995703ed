import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formsOf } from '../../main/audit/mask.ts'
import type { Output, SecretView, ServerView } from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { type Answer, runCli, startWarder, type Warder } from '../harness/warder.ts'

/** From a credential in the clear to a call through Warder that has it, and back to the files as they were. */

const VALUE = 'q7Rz2LmW9xKb4Vt8Yc3N'
const PASSPHRASE = 'correct horse battery staple'
let stage: AsyncDisposableStack
let user: string
let home: string
const answers: Answer[] = []
const cursorFile = () => path.join(user, '.cursor', 'mcp.json')
const codexFile = () => path.join(user, '.codex', 'config.toml')
const { command, args } = everythingStdio
const demo = { command, args: [...args], env: { DEMO_TOKEN: VALUE } }
const cursor = `{\n\t// mine\n\t"mcpServers": {\n\t\t"demo": ${JSON.stringify(demo)},\n\t\t"other": { "command": "npx" },\n\t},\n}\n`
const codex = `# mine\n[mcp_servers.demo]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\nenv = { DEMO_TOKEN = "${VALUE}" }`

beforeEach(async () => {
  stage = new AsyncDisposableStack()
  user = stage.use(await testHome()).path
  home = path.join(user, 'w')
  await mkdir(path.dirname(cursorFile()))
  await mkdir(path.dirname(codexFile()))
  await writeFile(cursorFile(), cursor)
  await writeFile(codexFile(), codex)
  answers.length = 0
})
afterEach(() => stage.disposeAsync())

const serve = async (vault: 'file' | 'memory' = 'file'): Promise<Warder> =>
  stage.use(
    await startWarder({
      home,
      vault,
      env: { HOME: user },
      ...(vault === 'file' ? { passphrase: PASSPHRASE } : {}),
      onAnswer: (_args, answer) => answers.push(answer),
    }),
  )

const filesAre = async (one: string, other: string) => {
  expect(await readFile(cursorFile(), 'utf8')).toBe(one)
  expect(await readFile(codexFile(), 'utf8')).toBe(other)
}

async function startedByCursor(): Promise<Client> {
  const text = await readFile(cursorFile(), 'utf8')
  const { mcpServers } = JSON.parse(text.replace('// mine', '').replaceAll(/,(\s*\})/g, '$1'))
  expect(Object.keys(mcpServers)).toEqual(['other', 'warder'])
  const { command: program, args: words } = mcpServers.warder
  const client = new Client({ name: 'cursor', version: '1' })
  await client.connect(
    new StdioClientTransport({ command: program, args: words, env: {}, stderr: 'ignore' }),
  )
  stage.defer(() => client.close())
  return client
}

describe('warder uninstall', () => {
  it('puts back what was moved as well, and asks for that', async () => {
    const warder = await serve()
    await warder.ok(['wire', 'cursor', '--yes'])
    await warder.ok(['doctor', '--fix', '--yes'])
    expect(await warder.run(['uninstall'])).toMatchObject({ code: 4 })
    const { adopted } = await warder.ok<{ adopted: string[] }>(['uninstall', '--yes'])
    expect(adopted.toSorted()).toEqual([codexFile(), cursorFile()])
    await filesAre(cursor, codex)
    expect(await warder.ok<ServerView[]>(['server', 'list'])).toEqual([])
  })
})

describe('warder doctor --fix', () => {
  it('moves a server and its credential, lets its clients call it, and undoes all of it in one', async () => {
    const warder = await serve()
    const adopted = await warder.ok<Output<'adoptions:adopt'>>(['doctor', '--fix', '--yes'])
    expect(adopted).toMatchObject({
      done: true,
      servers: [{ name: 'demo', secrets: ['demo-token'] }],
      clients: ['cursor', 'codex'],
      left: [],
    })
    expect(adopted.servers[0]?.from.map(({ client }) => client)).toEqual(['cursor', 'codex'])

    const client = await startedByCursor()
    const { content } = await client.callTool({ name: 'demo__get-env', arguments: {} })
    expect(JSON.stringify(content)).toContain('[masked by Warder: secret:demo-token]')

    // The doctor agrees, and nothing but the vault holds it any more.
    const looked = await runCli(['--json', '--home', home, 'doctor'], { env: { HOME: user } })
    expect(looked.stdout).not.toContain('secret_in')
    const everything = await contentsOf(user)
    const said =
      answers.map(({ stdout, stderr }) => stdout + stderr).join('') +
      warder.output.join('') +
      warder.stderr()
    expect(formsOf(VALUE).filter((form) => (everything + said).includes(form))).toEqual([])

    const undone = await warder.ok(['doctor', '--undo', '--yes'])
    expect(undone).toEqual({ files: [cursorFile(), codexFile()], servers: ['demo'], kept: [] })
    await filesAre(cursor, codex)
    expect(await warder.ok<ServerView[]>(['server', 'list'])).toEqual([])
    expect(await warder.ok<SecretView[]>(['secret', 'list'])).toEqual([])
    expect(await warder.ok(['client', 'list'])).toEqual([])
    expect(await warder.run(['doctor', '--undo', '--yes'])).toMatchObject({
      code: 1,
      json: { error: { code: 'adoption.none' } },
    })
  })

  it('is undone after a restart too, and asks a person each time', async () => {
    const first = await serve()
    expect(await first.run(['doctor', '--fix'])).toMatchObject({ code: 4 })
    await filesAre(cursor, codex)
    await first.ok(['doctor', '--fix', '--yes'])
    await first.stop()
    const second = await serve()
    expect(await second.run(['doctor', '--undo'])).toMatchObject({ code: 4 })
    expect(await readFile(cursorFile(), 'utf8')).not.toContain(VALUE)
    await second.ok(['doctor', '--undo', '--yes'])
    await filesAre(cursor, codex)
  })

  it('shows what it would do, and does nothing where the vault would forget', async () => {
    const warder = await serve('memory')
    expect(await warder.ok(['doctor', '--fix', '--dry-run'])).toMatchObject({
      done: false,
      servers: [{ name: 'demo' }],
    })
    expect(await warder.run(['doctor', '--fix', '--yes'])).toMatchObject({
      code: 4,
      json: { error: { code: 'adoption.forgetful_vault' } },
    })
    await filesAre(cursor, codex)
    expect(await warder.ok(['secret', 'list'])).toEqual([])
  })

  it('takes back what it did where a later step fails', async () => {
    const warder = await serve()
    await writeFile(path.join(home, 'config.json'), '{ broken')
    expect(await warder.run(['doctor', '--fix', '--yes'])).toMatchObject({
      code: 1,
      json: { error: { code: 'config.invalid' } },
    })
    await filesAre(cursor, codex)
    expect(await warder.ok(['secret', 'list'])).toEqual([])
    expect(await warder.run(['doctor', '--undo', '--yes'])).toMatchObject({
      json: { error: { code: 'adoption.none' } },
    })
  })

  it('leaves a server that was changed since, and its secret', async () => {
    const first = await serve()
    await first.ok(['doctor', '--fix', '--yes'])
    await first.stop()
    const config = path.join(home, 'config.json')
    const text = await readFile(config, 'utf8')
    await writeFile(config, text.replace('"demo": {', '"demo": { "idleSeconds": 60,'))
    const warder = await serve()
    expect(await warder.ok(['doctor', '--undo', '--yes'])).toMatchObject({
      servers: [],
      kept: ['demo'],
    })
    await filesAre(cursor, codex)
    expect(await warder.ok<SecretView[]>(['secret', 'list'])).toHaveLength(1)
  })
})

async function contentsOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(path.join(entry.parentPath, entry.name), 'latin1')),
  )
  return texts.join('\n')
}
