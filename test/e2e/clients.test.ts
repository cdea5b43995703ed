import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovalView, ClientView } from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { bareEnvironment } from '../harness/processes.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { cli, runCli, startWarder, type Warder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { echo, errorOf, refusalOf, toolNames } from './support/calls.ts'
import { editConfig } from './support/config.ts'
import { addClient } from './support/stage.ts'

/** Who may call, and how each is told apart. */

let stage: AsyncDisposableStack
let home: string
let warder: Warder
let bearer: string

beforeEach(async () => {
  stage = new AsyncDisposableStack()
  home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'tools', '--approve', '--', command, ...args])
  bearer = (await addClient(warder, 'desk')).bearer
})
afterEach(() => stage.disposeAsync())

describe('two clients at once', () => {
  it('get each their own answers, and are told apart in the audit', async () => {
    await addClient(warder, 'editor')
    const clients = {
      desk: await warder.client('desk', 'tools'),
      editor: await warder.client('editor', 'tools'),
    }
    const asked = Object.entries(clients).flatMap(([name, client]) =>
      Array.from({ length: 20 }, (_, at) => ({ client, message: `${name} ${at}` })),
    )
    const answers = await Promise.all(asked.map(({ client, message }) => echo(client, message)))
    expect(answers).toEqual(asked.map(({ message }) => `Echo: ${message}`))

    const calls = (await auditRows(warder)).filter(({ target }) => target === 'echo')
    for (const name of Object.keys(clients))
      expect(calls.filter(({ client }) => client === name)).toHaveLength(40)
    expect(new Set(calls.map(({ session }) => session)).size).toBe(2)
  })
})

describe('who is not a client', () => {
  it('has no socket: the shim says so, and how to add it', async () => {
    const args = ['mcp', '--client', 'nobody', '--server', 'tools', '--home', home]
    const answer = await runCli(args)
    expect(answer).toMatchObject({ code: 3, stdout: '' })
    expect(answer.stderr).toContain('warder client add')
  })

  it.each([
    ['no bearer', () => ({})],
    ['a bearer that was never given', () => ({ authorization: `Bearer ${'A'.repeat(43)}` })],
    ['a part of a bearer', () => ({ authorization: `Bearer ${bearer.slice(0, -1)}` })],
    ['the bearer under another scheme', () => ({ authorization: `Basic ${bearer}` })],
  ])('is refused at the token door with %s', async (_, headers) => {
    const answer = await open(headers())
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect((await auditRows(warder)).filter(({ method }) => method === 'initialize')).toEqual([])
  })

  it("gets nowhere with another client's session", async () => {
    const other = await addClient(warder, 'editor')
    const opened = await open({ authorization: `Bearer ${bearer}` })
    const session = opened.headers.get('mcp-session-id') ?? ''
    const headers = { authorization: `Bearer ${other.bearer}`, 'mcp-session-id': session }
    expect([opened.status, session === '']).toEqual([200, false])
    expect((await open(headers)).status).toBe(404)
  })

  /** The first message of a session. */
  const open = (headers: Record<string, string>) =>
    fetch(`${warder.ready.http}/mcp/tools`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'stranger', version: '1' },
        },
      }),
    })
})

describe('a client that is removed', () => {
  /** Resolves when its socket is gone. */
  async function shutOut(): Promise<void> {
    while (existsSync(path.join(warder.ready.sockets, 'client-desk.sock'))) await setImmediate()
  }

  it('loses its sessions, its socket and its bearer at once; the other one does not notice', async () => {
    await addClient(warder, 'editor')
    const overShim = await warder.client('desk', 'tools')
    const overHttp = await warder.httpClient(bearer, 'tools')
    const other = await warder.client('editor', 'tools')
    expect(await echo(overHttp)).toContain('hello')
    await warder.ok(['client', 'remove', 'desk'])
    await shutOut()
    // Its process stays, for a client that is let in again.
    await errorOf(echo(overShim))
    expect(await refusalOf(echo(overShim))).toMatchObject({
      code: 'companion.unreachable',
      message: expect.stringContaining('no client is named "desk"'),
    })
    const refused = await errorOf(echo(overHttp))
    expect(refused).toBeInstanceOf(StreamableHTTPError)
    expect(refused).toMatchObject({ code: 401 })
    expect(await echo(other)).toContain('hello')
    const clients = await warder.ok<ClientView[]>(['client', 'list'])
    expect(clients.map(({ name }) => name)).toEqual(['editor'])
  })

  it('is gone when the file is edited, too', async () => {
    const client = await warder.client('desk', 'tools')
    await editConfig(home, (config) => {
      config.clients = {}
    })
    await shutOut()
    await errorOf(echo(client))
    await expect(warder.httpClient(bearer, 'tools')).rejects.toMatchObject({ code: 401 })
  })
})

describe('a rule in config.json', () => {
  const deny = { effect: 'deny', client: 'desk', server: 'tools', tool: 'echo' } as const

  it('narrows at once when it is saved, and widens only when a person has approved', async () => {
    const client = await warder.client('desk', 'tools')
    expect(await toolNames(client)).toContain('echo')

    await editConfig(home, ({ rules }) => void rules.push(deny))
    expect(await toolNames(client)).not.toContain('echo')
    expect(await toolNames(client)).toContain('get-sum')
    expect((await refusalOf(echo(client))).code).toBe('policy.denied')
    const [row] = await auditRows(warder)
    expect(row).toMatchObject({ target: 'echo', decision: 'deny', outcome: 'denied' })

    await editConfig(home, ({ rules }) => void rules.pop())
    expect(await toolNames(client)).not.toContain('echo')
    expect((await refusalOf(echo(client))).code).toBe('policy.denied')
    const [held] = await warder.ok<ApprovalView[]>(['approvals', 'list'])
    expect(held).toMatchObject({ title: 'Stop denying' })
    const id = held?.id ?? ''
    expect(await warder.run(['approvals', 'approve', id])).toMatchObject({
      code: 4,
      json: { error: { code: 'presence.required' } },
    })
    expect((await refusalOf(echo(client))).code).toBe('policy.denied')

    expect(await warder.ok(['approvals', 'approve', id, '--yes'])).toEqual([])
    expect(await toolNames(client)).toContain('echo')
    expect(await echo(client)).toContain('hello')
  })

  it('that allows more waits, and is put back when a person denies it', async () => {
    await editConfig(home, (config) => {
      config.clients.stranger = {}
      config.rules.push({ effect: 'allow', client: 'stranger', server: '*' })
    })
    const waiting = await warder.ok<ApprovalView[]>(['approvals'])
    expect(waiting.map(({ title }) => title)).toEqual(['Let the client stranger in', 'Allow more'])
    const shim = spawn(process.execPath, [cli, 'mcp', '--client', 'stranger', '--home', home], {
      stdio: 'pipe',
      env: bareEnvironment(),
    })
    expect(await text(shim.stderr)).toContain('no client is named "stranger"')

    expect(await warder.ok(['approvals', 'deny', '--all'])).toEqual([])
    const clients = await warder.ok<ClientView[]>(['client', 'list'])
    expect(clients.map(({ name }) => name)).toEqual(['desk'])
  })
})
