import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { bareEnvironment } from '../harness/processes.ts'
import { cli, startWarder, type Warder } from '../harness/warder.ts'
import { call, refusalOf, toolNames } from './support/calls.ts'
import { type Counting, startCounting } from './support/counting.ts'
import { gone, processesWith } from './support/proc.ts'
import { addClient, CLIENT } from './support/stage.ts'

/** A client keeps its session over the lives of companions, and nothing is done twice. */

let stage: AsyncDisposableStack
let home: string
let warder: Warder
let counting: Counting
beforeEach(async () => {
  stage = new AsyncDisposableStack()
  home = stage.use(await testHome()).path
  counting = stage.use(await startCounting())
  warder = stage.use(await startWarder({ home }))
  await warder.ok(['server', 'add', 'tools', '--approve', '--', ...counting.command])
  await addClient(warder, CLIENT)
  // Whatever a shim has started.
  stage.defer(endCompanions)
})
afterEach(() => stage.disposeAsync())

const companions = () => processesWith([cli, 'serve', '--home', home])

async function endCompanions(): Promise<void> {
  const pids = companions().filter((pid) => pid !== warder.pid)
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  await Promise.all(pids.map(gone))
}

const count = (client: Client, text: string) => call(client, 'count', { text })

/** Calls, and answers what arrives. */
async function counted(client: Client, text: string): Promise<string> {
  const before = counting.arrived.length
  const answer = count(client, text)
  await counting.until(before + 1)
  counting.answer(text)
  return answer
}

/** Resolves with the next word that the tools have changed. */
const listChanged = (client: Client) =>
  new Promise<void>((resolve) =>
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
  )

describe('a companion that is killed', () => {
  it('is not missed by a client that has all servers at once', async () => {
    const client = await warder.client(CLIENT, null)
    expect(await toolNames(client)).toContain('tools__count')
    await warder.stop('SIGKILL')
    const answer = call(client, 'tools__count', { text: 'one' })
    await counting.until(1)
    counting.answer('one')
    expect(await answer).toBe('one')
  })

  it('between a call and its answer: the call fails, and is done once', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const call = count(client, 'one')
    const failure = refusalOf(call)
    await counting.until(1)
    await warder.stop('SIGKILL')
    expect(await failure).toMatchObject({ code: 'bridge.outcome_unknown' })
    expect(await counted(client, 'two')).toBe('two')
    expect(counting.arrived).toEqual(['one', 'two'])
  })

  it('with 32 in flight: each is answered once, and done once', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const texts = Array.from({ length: 32 }, (_, at) => `call ${at}`)
    const calls = texts.map((text) => count(client, text))
    const settled = Promise.allSettled(calls)
    await counting.until(32)
    for (const text of texts.slice(0, 8)) counting.answer(text)
    await Promise.all(calls.slice(0, 8))
    await warder.stop('SIGKILL')
    const outcomes = (await settled).map(({ status }) => status)
    expect(outcomes).toEqual(texts.map((_, at) => (at < 8 ? 'fulfilled' : 'rejected')))
    for (const failed of calls.slice(8))
      expect(await refusalOf(failed)).toMatchObject({ code: 'bridge.outcome_unknown' })
    expect(await counted(client, 'after')).toBe('after')
    expect(counting.arrived.toSorted()).toEqual([...texts, 'after'].toSorted())
  })
})

describe('a companion that is restarted', () => {
  it('meets its idle clients again, which are told that lists may have changed', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const told = listChanged(client)
    await warder.stop()
    await using next = await startWarder({ home })
    await told
    // The shim started none itself.
    expect(companions().filter((pid) => pid !== next.pid)).toEqual([])
    expect(await toolNames(client)).toEqual(['count'])
    expect(await counted(client, 'again')).toBe('again')
  })

  it('in the middle of lists: they are answered all the same', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const lists = Array.from({ length: 16 }, () => toolNames(client))
    const stopped = warder.stop()
    lists.push(...Array.from({ length: 16 }, () => toolNames(client)))
    await stopped
    lists.push(...Array.from({ length: 16 }, () => toolNames(client)))
    expect(await Promise.all(lists)).toEqual(lists.map(() => ['count']))
  })
})

describe('many clients of a companion that does not run', () => {
  it('start one that stays, and get their answers', async () => {
    await warder.stop()
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => warder.client(CLIENT, 'tools')),
    )
    expect(await Promise.all(clients.map(toolNames))).toEqual(clients.map(() => ['count']))
    const { pid } = JSON.parse(await readFile(path.join(home, 'run.json'), 'utf8'))
    await Promise.all(
      companions()
        .filter((one) => one !== pid)
        .map(gone),
    )
    expect(companions()).toEqual([pid])
    expect(await Promise.all(clients.map(toolNames))).toEqual(clients.map(() => ['count']))
  })
})

/** The shim as a client's own child. */
function startShim(env: Record<string, string> = bareEnvironment()) {
  const args = [cli, 'mcp', '--client', CLIENT, '--server', 'tools', '--home', home]
  const child = spawn(process.execPath, args, { env, stdio: 'pipe' })
  stage.defer(() => void child.kill('SIGKILL'))
  return withLines(child)
}

function withLines(child: ChildProcess) {
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  return {
    child,
    ended: once(child, 'exit'),
    async ask(message: object) {
      stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
      return JSON.parse((await lines.next()).value ?? 'null')
    },
  }
}

const initialize = {
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
}

describe('the shim', () => {
  it('needs nothing of its environment', async () => {
    const shim = startShim({})
    expect(await shim.ask(initialize)).toMatchObject({ id: 0, result: { serverInfo: {} } })
  })

  it('is killed as the first of two copies, and the second does not mind', async () => {
    const first = startShim()
    const second = startShim()
    first.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...initialize })}\n`)
    first.child.kill('SIGKILL')
    await first.ended
    expect(await second.ask(initialize)).toMatchObject({ id: 0, result: {} })
    expect(await second.ask({ id: 1, method: 'tools/list' })).toMatchObject({
      result: { tools: [{ name: 'count' }] },
    })
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('leaves on %s', async (signal) => {
    const shim = startShim()
    await shim.ask(initialize)
    shim.child.kill(signal)
    await shim.ended
  })

  /** A client that starts a shim, and says its process id once it has an answer. */
  async function startClient({ more = '', opening = initialize as object } = {}) {
    const script = `
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, process.argv.slice(1), { stdio: 'pipe' })
      child.stdin.write(${JSON.stringify(`${JSON.stringify({ jsonrpc: '2.0', ...opening })}\n`)})
      child.stdout.once('data', () => { ${more}; console.log(child.pid) })`
    const args = [cli, 'mcp', '--client', CLIENT, '--server', 'tools', '--home', home]
    const client = spawn(process.execPath, ['-e', script, '--', ...args], {
      env: bareEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
    return { client, pid: async () => Number((await lines.next()).value) }
  }

  it('leaves with a client that is killed', async () => {
    const { client, pid } = await startClient()
    const shim = await pid()
    client.kill('SIGKILL')
    await gone(shim)
  })

  it('leaves with a client that is killed while another process holds its pipes', async () => {
    const holder = `
      const holder = spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', child.stdin, child.stdout] })
      console.log(holder.pid)`
    // It has no session, so it is not asked whether it lives: the shim leaves when it wakes up the next time.
    const opening = { id: 0, method: 'server/discover' }
    const { client, pid } = await startClient({ more: holder, opening })
    const [holding, shim] = [await pid(), await pid()]
    stage.defer(() => void process.kill(holding, 'SIGKILL'))
    client.kill('SIGKILL')
    await once(client, 'exit')
    await warder.stop()
    await gone(shim)
  })

  it('takes no time of the processor while nothing is asked, with a companion or without', async () => {
    const shim = startShim()
    await shim.ask(initialize)
    await rests(shim.child)
    await warder.stop()
    await rests(shim.child)
    await shim.ask({ id: 1, method: 'ping' })
    await rests(shim.child)
    shim.child.stdin?.end()
    expect(await shim.ended).toEqual([0, null])
  })
})

/** Resolves when a process has used no tick of the processor for so long that a timer of a second would show. */
async function rests({ pid }: ChildProcess): Promise<void> {
  let before: number
  do {
    before = ticksOf(pid)
    await once(spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3_000)']), 'exit')
  } while (ticksOf(pid) !== before)
}

/** Time that the processor has spent on a process, in ticks. */
function ticksOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}
