import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ClientProgram,
  clientProgram,
  clientProgramsMissing,
} from '../harness/client-programs/index.ts'
import { testHome } from '../harness/home.ts'
import { bareEnvironment, endProcess } from '../harness/processes.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { cli, startWarder, type Warder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { addClient } from './support/stage.ts'

/** The clients that people have, with Warder in their configuration twice: through the shim and over the token door. */

const missing = clientProgramsMissing()

interface Wired {
  readonly shim: { readonly command: string; readonly args: readonly string[] }
  readonly url: string
  readonly bearer: string
}

let stage: AsyncDisposableStack
let warder: Warder
/** Of the person, where the client keeps its settings. */
let home: string

beforeEach(async ({ skip }) => {
  skip(missing !== undefined, missing)
  stage = new AsyncDisposableStack()
  const own = stage.use(await testHome()).path
  home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home: own }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'tools', '--approve', '--', command, ...args])
})
afterEach(() => stage?.disposeAsync())

async function wired(client: ClientProgram): Promise<Wired> {
  const { bearer } = await addClient(warder, client)
  const args = [cli, 'mcp', '--client', client, '--server', 'tools', '--home', warder.home]
  const shim = { command: process.execPath, args }
  return { shim, url: `${warder.ready.http}/mcp/tools`, bearer }
}

async function write(file: string, content: string): Promise<void> {
  const place = path.join(home, file)
  await mkdir(path.dirname(place), { recursive: true })
  await writeFile(place, content, { mode: 0o600 })
}

/** A login is asked of nobody, and nothing is told to its maker. */
function start(client: ClientProgram, args: readonly string[], env: Record<string, string> = {}) {
  const [command, ...first] = clientProgram(client)
  return spawn(command, [...first, ...args], {
    cwd: home,
    env: {
      ...bareEnvironment(),
      HOME: home,
      CI: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_AUTOUPDATER: '1',
      ...env,
    },
    stdio: 'pipe',
  })
}

/** All that it says, to whichever of its two ways out. */
async function says(client: ClientProgram, args: readonly string[]): Promise<string> {
  const child = start(client, args)
  child.stdin.end()
  const said = await Promise.all([text(child.stdout), text(child.stderr)])
  return said.join('')
}

/** The methods of each session of a client, the longest first. */
async function sessionsOf(client: ClientProgram): Promise<readonly string[][]> {
  const rows = (await auditRows(warder)).filter(
    (row) => row.client === client && row.phase === 'intent',
  )
  const ids = [...new Set(rows.map(({ session }) => session))]
  return ids.map((id) => rows.filter(({ session }) => session === id).map(({ method }) => method))
}

describe('Claude Code', () => {
  it('is connected twice without sessions, and lists the tools each time', async () => {
    const { shim, url, bearer } = await wired('claude')
    const headers = { Authorization: `Bearer ${bearer}` }
    await write(
      '.claude.json',
      JSON.stringify({
        mcpServers: { shim: { type: 'stdio', ...shim }, door: { type: 'http', url, headers } },
      }),
    )
    const said = await says('claude', ['mcp', 'list'])
    expect(said).toMatch(/^shim: .* ✔ Connected$/m)
    expect(said).toMatch(/^door: .* ✔ Connected$/m)
    const sessions = await sessionsOf('claude')
    expect(sessions).toHaveLength(2)
    for (const methods of sessions)
      expect(methods).toEqual(expect.arrayContaining(['server/discover', 'tools/list']))
  })
})

describe('Gemini CLI', () => {
  it('is connected twice with sessions', async () => {
    const { shim, url, bearer } = await wired('gemini')
    const headers = { Authorization: `Bearer ${bearer}` }
    await write(
      '.gemini/settings.json',
      JSON.stringify({
        // A folder that nobody trusts has no servers.
        security: { folderTrust: { enabled: false } },
        mcpServers: { shim, door: { httpUrl: url, headers } },
      }),
    )
    const said = await says('gemini', ['mcp', 'list'])
    expect(said).toMatch(/✓ shim: .* Connected$/m)
    expect(said).toMatch(/✓ door: .* Connected$/m)
    const sessions = await sessionsOf('gemini')
    expect(sessions).toHaveLength(2)
    for (const methods of sessions)
      expect(methods).toEqual(expect.arrayContaining(['initialize', 'ping']))
  })
})

describe('Codex', () => {
  beforeEach(async () => {
    const { shim, url, bearer } = await wired('codex')
    await write(
      '.codex/config.toml',
      [
        '[mcp_servers.shim]',
        `command = ${JSON.stringify(shim.command)}`,
        `args = ${JSON.stringify(shim.args)}`,
        '[mcp_servers.door]',
        `url = ${JSON.stringify(url)}`,
        'bearer_token_env_var = "WARDER_BEARER"',
      ].join('\n'),
    )
    codexEnvironment = { CODEX_HOME: path.join(home, '.codex'), WARDER_BEARER: bearer }
  })
  let codexEnvironment: Record<string, string>

  it('reads what was written', async () => {
    const child = start('codex', ['mcp', 'list', '--json'], codexEnvironment)
    child.stdin.end()
    const listed: { name: string; enabled: boolean }[] = JSON.parse(await text(child.stdout))
    expect(listed.map(({ name, enabled }) => [name, enabled])).toEqual([
      ['door', true],
      ['shim', true],
    ])
  })

  it('starts both with its minimal environment, and lists the tools each time', async () => {
    const child = start('codex', ['app-server'], codexEnvironment)
    try {
      const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
      const clientInfo = { name: 'a person', title: 'a person', version: '1' }
      send({ id: 0, method: 'initialize', params: { clientInfo } })
      send({ method: 'initialized' })
      send({ id: 1, method: 'mcpServerStatus/list', params: {} })
      const { data } = (await answerTo(1, child.stdout)) as { data: Status[] }
      const tools = Object.fromEntries(
        data.map(({ name, tools }) => [name, Object.keys(tools).sort()]),
      )
      expect(tools.shim).toContain('echo')
      expect(tools.door).toEqual(tools.shim)
    } finally {
      await endProcess(child)
    }
    const sessions = await sessionsOf('codex')
    expect(sessions).toHaveLength(2)
    for (const methods of sessions)
      expect(methods).toEqual(expect.arrayContaining(['initialize', 'tools/list']))
  })
})

interface Status {
  readonly name: string
  readonly tools: Readonly<Record<string, unknown>>
}

async function answerTo(id: number, output: NodeJS.ReadableStream): Promise<unknown> {
  for await (const line of createInterface({ input: output })) {
    const message = JSON.parse(line)
    if (message.id === id) return message.result
  }
  throw new Error('It ended before it answered.')
}
