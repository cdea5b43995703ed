import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeProgram } from '../../main/layout.ts'
import type { RunFile } from '../../main/store/run-file.ts'
import type { StatusView } from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { cli, runCli, startWarder, type Warder } from '../harness/warder.ts'
import { auditRows, followAudit } from './support/audit.ts'
import { echo, refusalOf } from './support/calls.ts'
import { commandLines, environmentOf, gone, processesWith } from './support/proc.ts'
import { addClient, CLIENT } from './support/stage.ts'
import { startWitness, type Witness } from './support/witness.ts'

/** The shim finds the companion, or starts it; one companion a home, and nothing is left behind. */

let stage: AsyncDisposableStack
let home: string
let warder: Warder
let witness: Witness
beforeEach(async () => {
  stage = new AsyncDisposableStack()
  home = stage.use(await testHome()).path
  witness = stage.use(await startWitness())
  warder = stage.use(await startWarder({ home, env: { USER: 'somebody', UNRELATED: 'of ours' } }))
  const { command, args } = everythingStdio
  const server = ['--', command, ...witness.nodeOptions, ...args]
  await warder.ok(['server', 'add', 'tools', '--approve', ...server])
  await addClient(warder, CLIENT)
})
afterEach(() => stage.disposeAsync())

const runFile = async (): Promise<RunFile> =>
  JSON.parse(await readFile(path.join(home, 'run.json'), 'utf8'))

/** Companions of this home that run, whoever started them. */
const companions = () => processesWith([cli, 'serve', '--home', home])

/** Ends a companion that a shim started. */
async function endCompanion(): Promise<void> {
  const pids = companions()
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  await Promise.all(pids.map(gone))
}

describe('the graceful stop', () => {
  it('ends everything but the shims, and leaves the way to start again', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const child = await witness.next()
    expect((await runFile()).pid).toBe(warder.pid)

    expect(await warder.stop()).toEqual({ code: 0, signal: null })
    await child.ended
    expect(await runFile()).toMatchObject({
      pid: null,
      argv: [nodeProgram(), cli, 'serve', '--home', home, '--vault', 'memory'],
    })
    expect(await readdir(warder.ready.sockets)).toEqual([])
    const left = commandLines().filter((line) => line.includes(home))
    expect(left).toEqual([expect.stringContaining([cli, 'mcp', '--client', CLIENT].join('\0'))])
    expect(await warder.run(['status'])).toMatchObject({
      code: 69,
      json: { error: { code: 'companion.unreachable' } },
    })
    // The next call is what starts it.
    stage.defer(endCompanion)
    expect(await echo(client)).toContain('hello')
  })
})

describe('a client that comes while the companion is not running', () => {
  beforeEach(async () => {
    await warder.stop()
    stage.defer(endCompanion)
  })

  it('has it started as it was, with the environment that was recorded', async () => {
    const client = await warder.client(CLIENT, 'tools')
    expect(await echo(client)).toContain('hello')
    const { pid, env } = await runFile()
    expect(pid).not.toBe(warder.pid)
    expect(companions()).toEqual([pid])
    expect(environmentOf(pid ?? 0)).toEqual(env)
    expect(env).toMatchObject({ USER: 'somebody' })
    expect(env).not.toHaveProperty('UNRELATED')
    expect(await warder.ok<StatusView>(['status'])).toMatchObject({
      pid,
      vault: { kind: 'memory' },
    })
  })

  it('shares it with the one that comes at the same moment', async () => {
    const clients = await Promise.all([
      warder.client(CLIENT, 'tools'),
      warder.client(CLIENT, 'tools'),
    ])
    for (const client of clients) expect(await echo(client)).toContain('hello')
    const { pid } = await runFile()
    await Promise.all(
      companions()
        .filter((one) => one !== pid)
        .map(gone),
    )
    expect(companions()).toEqual([pid])
    for (const client of clients) expect(await echo(client)).toContain('hello')
  })
})

describe('a second companion on the same home', () => {
  it('says that one runs, and disturbs nobody', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const second = await runCli(['serve', '--json', '--home', home, '--vault', 'memory'])
    expect(second).toMatchObject({ code: 1, json: { error: { code: 'instance.running' } } })
    expect((await runFile()).pid).toBe(warder.pid)
    expect(await echo(client)).toContain('hello')
  })
})

describe('a companion that is killed', () => {
  it('frees its home; what was under way is recorded as lost, and its children end', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const busy = await witness.next()
    await warder.client(CLIENT, 'tools')
    const idle = await witness.next()
    {
      await using audit = followAudit(warder)
      const call = client.callTool({
        name: 'trigger-long-running-operation',
        arguments: { duration: 600 },
      })
      call.catch(() => {})
      await audit.until(({ target }) => target === 'trigger-long-running-operation')
      expect(await warder.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
      expect(await refusalOf(call)).toMatchObject({ code: 'bridge.outcome_unknown' })
      await Promise.all([busy.ended, idle.ended])
    }

    await using next = await startWarder({ home })
    const rows = (await auditRows(next)).filter(
      ({ target }) => target === 'trigger-long-running-operation',
    )
    expect(rows.map(({ phase, outcome }) => [phase, outcome])).toEqual([
      ['outcome', 'lost'],
      ['intent', null],
    ])
    expect(rows[0]?.call).toBe(rows[1]?.call)
    expect(await echo(client)).toContain('hello')
  })
})
