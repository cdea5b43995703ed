import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovalView, ServerView, StatusView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startKeyring } from '../harness/keyring.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { call, echo, refusalOf } from './support/calls.ts'
import { addClient, CLIENT, openStage, REMOTE } from './support/stage.ts'

/** The companion on a real gnome-keyring, in every state a person's session may have it in. */

const SECRET = 'a value for the keyring: 55ad'
const ACCOUNT = `${REMOTE}/${accounts.alice}`

let stage: AsyncDisposableStack
beforeEach(() => {
  stage = new AsyncDisposableStack()
})
afterEach(() => stage.disposeAsync())

const addTools = (warder: Warder, ...env: string[]) =>
  warder.ok([
    ...['server', 'add', 'tools', '--approve', ...env],
    ...['--', everythingStdio.command, ...everythingStdio.args],
  ])

const statusOf = (warder: Warder) => warder.ok<StatusView>(['status'])

describe('an unlocked keyring', () => {
  it('keeps secrets and approvals over a restart', async () => {
    const { env } = stage.use(await startKeyring({ state: 'unlocked' }))
    const home = stage.use(await testHome()).path
    {
      await using warder = await startWarder({ home, vault: 'keychain', env })
      expect(warder.ready.vault).toBe('keychain')
      await warder.ok(['secret', 'set', 'demo-key'], SECRET)
      await addTools(warder, '--env', 'DEMO_KEY=secret:demo-key')
      await addClient(warder, CLIENT)
    }
    await using warder = await startWarder({ home, vault: 'keychain', env })
    expect(await statusOf(warder)).toMatchObject({
      vault: { kind: 'keychain', state: 'available', why: null },
      approvals: 0,
    })
    const client = await warder.client(CLIENT, 'tools')
    expect(await call(client, 'get-env')).toContain('[masked by Warder: secret:demo-key]')
  })
})

describe('a keyring that is locked while Warder runs', () => {
  let chromium: Browser
  beforeAll(async () => {
    chromium = await launchBrowser()
  })
  afterAll(() => chromium.close())

  it('refuses to store, loses nothing, and goes on with what it holds', async () => {
    const keyring = stage.use(await startKeyring({ state: 'unlocked' }))
    const house = stage.use(await openStage({ chromium, vault: 'keychain', env: keyring.env }))
    const { warder } = house
    await house.connect()
    await warder.ok(['secret', 'set', 'demo-key'], SECRET)
    await addTools(warder, '--env', 'DEMO_KEY=secret:demo-key')
    const remote = await warder.client(CLIENT, REMOTE)

    await keyring.lock()
    expect(await warder.run(['secret', 'set', 'demo-key', '--yes'], 'another value')).toMatchObject(
      {
        code: 4,
        json: { error: { code: 'vault.locked' } },
      },
    )
    expect((await statusOf(warder)).vault).toMatchObject({
      kind: 'keychain',
      state: 'locked',
      why: expect.stringContaining('locked'),
    })
    expect(await echo(remote)).toContain('hello')
    const local = await warder.client(CLIENT, 'tools')
    expect((await refusalOf(echo(local))).code).toBe('vault.locked_or_missing')

    await keyring.unlock()
    expect(await call(local, 'get-env')).toContain('[masked by Warder: secret:demo-key]')
    expect((await statusOf(warder)).vault).toMatchObject({ state: 'available', why: null })
    await house.restart()
    const again = await house.warder.client(CLIENT, REMOTE)
    expect(await echo(again)).toContain('hello')
    expect(await house.warder.ok(['accounts'])).toMatchObject([{ account: ACCOUNT }])
  })

  it('does not send a person to the provider for a token that could not be kept', async () => {
    const keyring = stage.use(await startKeyring({ state: 'unlocked' }))
    const house = stage.use(await openStage({ chromium, vault: 'keychain', env: keyring.env }))
    await keyring.lock()
    expect(await house.warder.run(['connect', REMOTE])).toMatchObject({
      code: 4,
      json: { error: { code: 'vault.locked' } },
    })
    expect(house.system.opened).toEqual([])
    await keyring.unlock()
    expect(await house.connect()).toMatchObject({ account: ACCOUNT })
  })
})

describe('a keyring that is locked when Warder starts', () => {
  it('holds back what a person approved, until it can be checked', async () => {
    const keyring = stage.use(await startKeyring({ state: 'unlocked' }))
    const { env } = keyring
    const home = stage.use(await testHome()).path
    {
      await using warder = await startWarder({ home, vault: 'keychain', env })
      await addTools(warder)
      await addClient(warder, CLIENT)
    }
    await keyring.lock()
    await using warder = await startWarder({ home, vault: 'keychain', env })
    expect(warder.ready.vault).toBe('keychain')
    expect((await statusOf(warder)).vault).toMatchObject({ kind: 'keychain', state: 'locked' })
    expect(await warder.ok<ServerView[]>(['server', 'list'])).toMatchObject([{ state: 'held' }])
    expect(await warder.run(['secret', 'set', 'demo-key'], SECRET)).toMatchObject({
      code: 4,
      json: { error: { code: 'vault.locked' } },
    })

    await keyring.unlock()
    expect(await warder.ok<ApprovalView[]>(['approvals'])).toEqual([])
    expect(await warder.ok<ServerView[]>(['server', 'list'])).toMatchObject([{ state: 'ready' }])
    const client = await warder.client(CLIENT, 'tools')
    expect(await echo(client)).toContain('hello')
  })
})

describe.each([
  ['absent', 'No keychain service'],
  ['no-bus', 'No keychain service'],
  ['fresh', 'nobody has made a keyring'],
] as const)('no keyring: %s', (state, why) => {
  it('is said at the start and in the status; everything but storing works', async () => {
    const { env } = stage.use(await startKeyring({ state }))
    const home = stage.use(await testHome()).path
    await using warder = await startWarder({ home, vault: 'keychain', env })
    expect(warder.ready.vault).toBe('none')
    expect((await statusOf(warder)).vault).toEqual({
      kind: 'none',
      state: 'absent',
      why: expect.stringContaining(why),
    })
    await addTools(warder)
    await addClient(warder, CLIENT)
    const client = await warder.client(CLIENT, 'tools')
    expect(await echo(client)).toContain('hello')

    await warder.ok(['server', 'add', REMOTE, '--url', 'http://127.0.0.1:1/mcp'])
    for (const args of [
      ['secret', 'set', 'demo-key'],
      ['connect', REMOTE],
    ]) {
      const answer = await warder.run(args, SECRET)
      expect(answer).toMatchObject({ code: 4, json: { error: { code: 'vault.choose' } } })
      expect(answer.stdout).toContain(why)
    }
    expect(await warder.ok(['secret', 'list'])).toEqual([])
  })
})
