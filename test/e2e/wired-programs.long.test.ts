import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type ClientProgram,
  clientProgram,
  clientProgramsMissing,
} from '../harness/client-programs/index.ts'
import { testHome } from '../harness/home.ts'
import { bareEnvironment, endProcess } from '../harness/processes.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { runCli, startWarder, type Warder } from '../harness/warder.ts'

/** What `warder wire` wrote, read and tried by the clients themselves. */

const missing = clientProgramsMissing()

let stage: AsyncDisposableStack
let warder: Warder
/** Of the person. */
let user: string

beforeEach(async ({ skip }) => {
  skip(missing !== undefined, missing)
  stage = new AsyncDisposableStack()
  user = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home: path.join(user, 'w'), env: { HOME: user } }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'tools', '--approve', '--', command, ...args])
})
afterEach(() => stage?.disposeAsync())

async function wire(client: string, ...more: string[]): Promise<string> {
  const args = ['--json', '--home', warder.home, 'wire', client, '--yes', ...more]
  const answer = await runCli(args, { env: { HOME: user }, cwd: user })
  expect(answer).toMatchObject({ code: 0, json: { done: true } })
  return (answer.json as { file: string }).file
}

async function unwire(client: string): Promise<void> {
  const answer = await runCli(['--json', '--home', warder.home, 'unwire', client], {
    env: { HOME: user },
  })
  expect(answer).toMatchObject({ code: 0 })
}

function start(client: ClientProgram, args: readonly string[]) {
  const [command, ...first] = clientProgram(client)
  return spawn(command, [...first, ...args], {
    cwd: user,
    env: {
      ...bareEnvironment(),
      HOME: user,
      CI: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_AUTOUPDATER: '1',
    },
    stdio: 'pipe',
  })
}

/** What it says to people, and what it answers. */
async function says(client: ClientProgram, args: readonly string[]) {
  const child = start(client, args)
  child.stdin.end()
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { stdout, all: stdout + stderr }
}

async function put(file: string, content: string): Promise<string> {
  const place = path.join(user, file)
  await mkdir(path.dirname(place), { recursive: true })
  await writeFile(place, content)
  return place
}

it('Claude Code connects by its user file, and goes on writing into it', async () => {
  const file = await put('.claude.json', '{"numStartups":7,"mcpServers":{}}')
  expect(await wire('claude-code')).toBe(file)
  expect((await says('claude', ['mcp', 'list'])).all).toMatch(/^warder: .* ✔ Connected$/m)
  await unwire('claude-code')
  const left = JSON.parse(readFileSync(file, 'utf8'))
  expect(left).toMatchObject({ numStartups: 7 })
  expect(JSON.stringify(left.mcpServers)).not.toContain('warder')
})

it('Claude Code understands the path in the file of a project', async () => {
  const file = await wire('claude-code', '--scope', 'project')
  expect(readFileSync(file, 'utf8')).not.toContain(user)
  // A person is asked about servers of projects; here they have said yes.
  await put('.claude/settings.local.json', '{"enabledMcpjsonServers":["warder"]}')
  const { all } = await says('claude', ['mcp', 'list'])
  expect(all).toMatch(/^warder: .* ✔ Connected$/m)
})

it('Gemini CLI connects', async () => {
  await put(
    '.gemini/settings.json',
    '{\n  // mine\n  "security": { "folderTrust": { "enabled": false } }\n}\n',
  )
  const file = await wire('gemini')
  expect(readFileSync(file, 'utf8')).toContain('// mine')
  expect((await says('gemini', ['mcp', 'list'])).all).toMatch(/✓ warder: .* Connected$/m)
})

it.each([
  ['claude', 'claude-code', ['mcp', 'list'], /^warder: .* ✔ Connected$/m],
  ['codex', 'codex', ['mcp', 'list'], /^warder .*warder-mcp/m],
] as const)('%s adds Warder by its own command', async (program, client, list, shown) => {
  await mkdir(path.join(user, '.codex'))
  const answer = await runCli(
    ['--json', '--home', warder.home, 'wire', client, '--link', '--yes'],
    {
      env: { HOME: user },
    },
  )
  const [first, ...args] = (answer.json as { command: string[] }).command
  expect(first).toBe(program)
  await says(program, args)
  expect((await says(program, list)).all).toMatch(shown)
})

it('Codex reads it, and starts it in its minimal environment', async () => {
  const file = await put('.codex/config.toml', '# mine\n[tui]\nanimations = false\n')
  expect(await wire('codex')).toBe(file)
  const listed: { name: string; enabled: boolean }[] = JSON.parse(
    (await says('codex', ['mcp', 'list', '--json'])).stdout,
  )
  expect(listed.map(({ name, enabled }) => [name, enabled])).toEqual([['warder', true]])
  const child = start('codex', ['app-server'])
  try {
    const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
    const clientInfo = { name: 'a person', title: 'a person', version: '1' }
    send({ id: 0, method: 'initialize', params: { clientInfo } })
    send({ method: 'initialized' })
    send({ id: 1, method: 'mcpServerStatus/list', params: {} })
    for await (const line of createInterface({ input: child.stdout })) {
      const message = JSON.parse(line)
      if (message.id !== 1) continue
      expect(Object.keys(message.result.data[0].tools)).toContain('tools__echo')
      break
    }
  } finally {
    await endProcess(child)
  }
  await unwire('codex')
  expect(readFileSync(file, 'utf8')).toContain('# mine')
  expect(readFileSync(file, 'utf8')).not.toContain('warder')
})
