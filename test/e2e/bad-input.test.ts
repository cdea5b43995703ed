import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlClient } from '../../main/cli/control-client.ts'
import type { AccountView, ServerView, StatusView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { type Answer, runCli, startWarder, type Warder } from '../harness/warder.ts'
import { startSystemBrowser } from '../harness/xdg-open/index.ts'
import { startScriptedProvider } from '../oauth/support/scripted-provider.ts'
import { echo, errorOf, refusalOf } from './support/calls.ts'
import { saveConfig } from './support/config.ts'
import { addClient, CLIENT, openStage, REMOTE, type Stage, visit } from './support/stage.ts'

/**
 * What goes wrong in a person's day: each has a code, a sentence and an exit code, and nothing is lost by it. Locked and
 * absent keychains are in keychain.test.ts, servers that die in local-server.test.ts.
 */

let stage: AsyncDisposableStack
beforeEach(() => {
  stage = new AsyncDisposableStack()
})
afterEach(() => stage.disposeAsync())

const refused = (answer: Pick<Answer, 'code' | 'json'>) => {
  const { error } = answer.json as { error: { code: string; message: string } }
  // A sentence, and not only a code.
  expect(error.message).toMatch(/(\S+ ){3}/)
  return [answer.code, error.code]
}

const addTools = (warder: Warder) =>
  warder.ok([
    ...['server', 'add', 'tools', '--approve'],
    ...['--', everythingStdio.command, ...everythingStdio.args],
  ])

const statusOf = (warder: Warder) => warder.ok<StatusView>(['status'])

describe('a name that is not there', () => {
  it('is said with exit code 3, also to a client', async () => {
    const home = stage.use(await testHome()).path
    const warder = stage.use(await startWarder({ home }))
    await addTools(warder)
    await addClient(warder, CLIENT)
    for (const [args, code] of [
      [['connect', 'nowhere'], 'server.unknown'],
      [['server', 'test', 'nowhere'], 'server.unknown'],
      [['server', 'remove', 'nowhere'], 'server.unknown'],
      [['revoke', '--server', 'nowhere'], 'server.unknown'],
      [['revoke', 'tools/nobody'], 'grant.unknown'],
      [['revoke', '--client', 'nobody'], 'client.unknown'],
      [['client', 'remove', 'nobody'], 'client.unknown'],
      [['secret', 'remove', 'nothing'], 'secret.unknown'],
      [['approvals', 'approve', 'nothing', '--yes'], 'approval.unknown'],
    ] as const)
      expect([...args, ...refused(await warder.run(args))]).toEqual([...args, 3, code])
    const opening = warder.client(CLIENT, 'nowhere')
    expect((await refusalOf(opening)).code).toBe('server.unknown')
    expect(await echo(await warder.client(CLIENT, 'tools'))).toContain('hello')
  })
})

describe('a port that another program has', () => {
  it('stops the start and nothing else: the next one finds all as it was', async () => {
    const home = stage.use(await testHome()).path
    let port: number
    {
      await using warder = await startWarder({ home })
      port = Number(new URL(warder.ready.http).port)
      await addTools(warder)
      await addClient(warder, CLIENT)
    }
    const other = await listenOn(port)
    const serve = ['serve', '--json', '--home', home, '--vault', 'memory']
    expect(refused(await runCli(serve))).toEqual([1, 'door.port_taken'])
    await close(other)

    await using warder = await startWarder({ home })
    expect(warder.ready.http).toBe(`http://127.0.0.1:${port}`)
    expect(await echo(await warder.client(CLIENT, 'tools'))).toContain('hello')
  })

  async function listenOn(port: number): Promise<Server> {
    const server = createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    stage.defer(() => close(server))
    return server
  }

  const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))
})

describe('a config.json that is broken', () => {
  it.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2), 'config.json, line'],
    ['of another shape', () => '{ "servers": [] }', 'servers'],
    [
      'with a credential in clear text',
      () => '{ "servers": { "x": { "command": "x", "env": { "API_KEY": "abc" } } } }',
      'in clear text',
    ],
  ])(
    '%s is refused whole; the last good one stays in force, also over a restart',
    async (_, breaking, sentence) => {
      const home = stage.use(await testHome()).path
      const file = path.join(home, 'config.json')
      let good: string
      {
        await using warder = await startWarder({ home })
        await addTools(warder)
        await addClient(warder, CLIENT)
        const client = await warder.client(CLIENT, 'tools')
        good = await readFile(file, 'utf8')
        await saveConfig(home, breaking(good))
        expect((await statusOf(warder)).config).toContain(sentence)
        expect(await echo(client)).toContain('hello')
        // An edit of ours does not write over what a person is in the middle of.
        const add = ['server', 'add', 'more', '--url', 'http://127.0.0.1:1/mcp']
        expect(refused(await warder.run(add))).toEqual([1, expect.stringMatching(/^config\./)])
        expect(await readFile(file, 'utf8')).toBe(breaking(good))
      }
      await using warder = await startWarder({ home })
      expect((await statusOf(warder)).config).toContain(sentence)
      const client = await warder.client(CLIENT, 'tools')
      expect(await echo(client)).toContain('hello')
      await saveConfig(home, good)
      expect(await statusOf(warder)).toMatchObject({ config: null, approvals: 0, servers: 1 })
      expect(await echo(client)).toContain('hello')
    },
  )
})

describe('an identity provider that cannot be believed', () => {
  it.each([
    [
      'its metadata is not JSON',
      '/.well-known/oauth-authorization-server',
      () => ({ body: '<html>Down for maintenance</html>' }),
      [1, 'oauth.metadata_invalid'],
    ],
    [
      'the metadata of the server is not JSON',
      '/.well-known/oauth-protected-resource/mcp',
      () => ({ body: 'not at all' }),
      [1, 'oauth.metadata_invalid'],
    ],
    [
      'it says that it is another issuer',
      '/.well-known/oauth-authorization-server',
      (as: Scripted) => ({ body: as.metadata({ issuer: 'https://issuer.example' }) }),
      [1, 'oauth.issuer_mismatch'],
    ],
    [
      'the server says that it is another resource',
      '/.well-known/oauth-protected-resource/mcp',
      (as: Scripted) => ({ body: as.resourceMetadata({ resource: 'https://other.example/mcp' }) }),
      [1, 'oauth.resource_mismatch'],
    ],
  ] as const)('%s: nothing is sent and no browser opens', async (_, where, answer, expected) => {
    const provider = stage.use(await startScriptedProvider())
    provider.answers.set(where, () => answer(provider))
    const system = stage.use(await startSystemBrowser())
    const home = stage.use(await testHome()).path
    const warder = stage.use(await startWarder({ home, env: system.env }))
    await warder.ok(['server', 'add', REMOTE, '--url', provider.serverUrl])
    expect(refused(await warder.run(['connect', REMOTE]))).toEqual(expected)
    expect(provider.to('/register')).toEqual([])
    expect(provider.to('/token')).toEqual([])
    expect(system.opened).toEqual([])
    expect(await warder.ok(['accounts'])).toEqual([])
    const [server] = await warder.ok<ServerView[]>(['server', 'list'])
    expect(server).toMatchObject({ name: REMOTE, state: 'sign-in-needed' })
  })

  type Scripted = Awaited<ReturnType<typeof startScriptedProvider>>
})

describe('a sign-in', () => {
  let chromium: Browser
  let house: Stage
  beforeAll(async () => {
    chromium = await launchBrowser()
  })
  afterAll(() => chromium.close())
  beforeEach(async () => {
    house = stage.use(await openStage({ chromium }))
  })

  /** @returns the answer to come, and the link that the browser got */
  async function begin(): Promise<{ answer: Promise<Answer>; url: URL }> {
    const answer = house.warder.run(['connect', REMOTE])
    return { answer, url: new URL(await house.system.next()) }
  }

  const callbackOf = (url: URL) => new URL(url.searchParams.get('redirect_uri') ?? '')

  /** The sign-in after the one that went wrong. */
  async function worksNow(): Promise<void> {
    expect(await house.connect()).toMatchObject({ state: 'connected' })
    expect(await echo(await house.warder.client(CLIENT, REMOTE))).toContain('hello')
  }

  it.each(['offline', 'unavailable'] as const)('is told that the provider is %s', async (how) => {
    await house.provider.setCondition(how)
    const answer = await house.warder.run(['connect', REMOTE])
    expect(refused(answer)).toEqual([1, 'oauth.provider_unavailable'])
    expect(house.system.opened).toEqual([])
    await house.provider.setCondition('normal')
    await worksNow()
  })

  it('passes over an answer with a wrong state, and takes the right one', async () => {
    const { answer, url } = await begin()
    const forged = callbackOf(url)
    forged.search = String(
      new URLSearchParams({ code: 'of somebody else', state: 'x', iss: house.provider.issuer }),
    )
    expect((await fetch(forged)).status).toBe(400)
    const error = callbackOf(url)
    error.search = String(new URLSearchParams({ error: 'access_denied', state: 'x' }))
    expect((await fetch(error)).status).toBe(400)

    expect(await visit(chromium, url.href, house.provider)).toContain('Sign-in received')
    expect(await answer).toMatchObject({ code: 0, json: { state: 'connected' } })
  })

  it('that the person refuses is over', async () => {
    const { answer, url } = await begin()
    const page = await visit(chromium, url.href, house.provider, { decision: 'Deny' })
    expect(page).toContain('The sign-in was not granted')
    expect(refused(await answer)).toEqual([1, 'oauth.authorization_refused'])
    await expect(fetch(callbackOf(url))).rejects.toThrow()
    await worksNow()
  })

  it('that is cancelled leaves a page that is void', async () => {
    const control = createControlClient(house.home)
    const { flow, url } = await control.call('accounts:connect', { server: REMOTE })
    const outcome = errorOf(control.call('accounts:connected', { flow }))
    await control.call('accounts:cancel', { flow })
    expect(await outcome).toMatchObject({ code: 'oauth.sign_in_abandoned' })
    await expect(fetch(callbackOf(new URL(url ?? '')))).rejects.toThrow()
    await worksNow()
  })

  it('whose browser was closed makes way for the next', async () => {
    const { answer } = await begin()
    await worksNow()
    expect(refused(await answer)).toEqual([4, 'oauth.sign_in_abandoned'])
    expect(await house.warder.ok<AccountView[]>(['accounts'])).toHaveLength(1)
  })
})

describe('a full disk', () => {
  it('lets no call through that it cannot record, and loses nothing', async ({ skip }) => {
    const home = path.join(stage.use(await testHome()).path, 'small')
    await mkdir(home)
    const mounted = await mountSmall(home)
    skip(!mounted, 'a small file system cannot be mounted here')
    stage.defer(async () => void (await run('umount', [home])))
    const remote = stage.use(await startResourceServer({ open: true }))
    const warder = stage.use(await startWarder({ home }))
    await warder.ok(['server', 'add', REMOTE, '--url', remote.url, '--auth', 'public'])
    await addClient(warder, CLIENT)
    const client = await warder.client(CLIENT, REMOTE)
    expect(await echo(client)).toContain('hello')
    const calls = () => remote.seen.filter(({ rpcMethod }) => rpcMethod === 'tools/call').length
    const config = await readFile(path.join(home, 'config.json'), 'utf8')

    const filler = path.join(home, 'filler')
    await expect(writeFile(filler, Buffer.alloc(16 << 20))).rejects.toThrow('ENOSPC')
    await refusedWhileFull(client)
    expect(calls()).toBe(1)
    const add = ['server', 'add', 'more', '--url', remote.url, '--auth', 'public']
    expect(refused(await warder.run(add))).toEqual([1, 'store.unwritable'])
    expect(await warder.ok<ServerView[]>(['server', 'list'])).toHaveLength(1)
    expect(await readFile(path.join(home, 'config.json'), 'utf8')).toBe(config)

    await rm(filler)
    expect(await echo(client)).toContain('hello')
    expect(calls()).toBe(2)
    await warder.ok(add)
    await warder.stop()
    await using next = await startWarder({ home })
    expect(await next.ok<ServerView[]>(['server', 'list'])).toHaveLength(2)
    expect(await echo(await next.client(CLIENT, REMOTE))).toContain('hello')
  })

  const run = promisify(execFile)

  const mountSmall = (folder: string) =>
    run('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', folder]).then(
      () => true,
      () => false,
    )

  async function refusedWhileFull(client: Client): Promise<void> {
    for (let time = 0; time < 3; time++)
      expect((await refusalOf(echo(client))).code).toBe('audit.unwritable')
  }
})
