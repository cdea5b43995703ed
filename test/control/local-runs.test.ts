import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMeta } from '../../main/store/meta.ts'
import { openState } from '../../main/store/state.ts'
import type { Output } from '../../preload/contract/index.ts'
import { openLine } from '../bridge/support/world.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { refusal, startWorld, type World } from './world.ts'

/** What a local server runs is approved with its command, and held when it is another one (SEP-1024). */

const VALUE = 'kept in the vault: 5c1a'

let tools: TestHome
let world: World
let stack: AsyncDisposableStack
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  tools = stack.use(await testHome())
  world = stack.use(await startWorld())
})
afterEach(() => stack.disposeAsync())

const script = () => path.join(tools.path, 'server', 'main.js')

/** A server in a package of this version. */
async function install(version: string): Promise<void> {
  await mkdir(path.dirname(script()), { recursive: true })
  await writeFile(
    path.join(path.dirname(script()), 'package.json'),
    JSON.stringify({ name: 'p', version }),
  )
  await writeFile(script(), 'process.stderr.write(process.env.KEY); process.exit(3)')
}

const definition = () => ({
  command: process.execPath,
  args: [script()],
  env: { KEY: 'secret:k' },
})

async function add(): Promise<void> {
  await world.call('secrets:set', { name: 'k', value: VALUE })
  await world.agree('servers:add', { name: 'a', definition: definition() })
}

const approvals = () => world.call('approvals:list', {}) as Promise<Output<'approvals:list'>>
const state = async () =>
  ((await world.call('servers:list', {})) as Output<'servers:list'>)[0]?.state
const started = () => refusal(world.call('servers:test', { name: 'a' }), 'server.start_failed')

describe('a local server', () => {
  it('is asked about with what its command comes to, and starts', async () => {
    await install('1.0.0')
    await world.call('secrets:set', { name: 'k', value: VALUE })
    const asked = await refusal(
      world.call('servers:add', { name: 'a', definition: definition() }),
      'presence.required',
    )
    expect(asked.details?.lines).toEqual([
      'a runs this program on this machine, with your rights:',
      `  ${process.execPath} ${script()}`,
      `which is the program ${process.execPath}`,
      `running ${script()}`,
      'of the package p, version 1.0.0',
      'gets the secret k as KEY',
    ])
    await world.agree('servers:add', { name: 'a', definition: definition() })
    expect(await state()).toBe('ready')
    // It ran: it says its key, masked, and ends.
    expect((await started()).message).toContain('masked by Warder: secret:k')
  })

  it('with another version is held, gets no secret, and starts again when a person agrees', async () => {
    await install('1.0.0')
    await add()
    await install('1.0.1')
    const error = await refusal(world.call('servers:test', { name: 'a' }), 'server.changed')
    expect(error.message).toContain('version 1.0.1')
    expect(await state()).toBe('held')
    expect(await world.call('status:get', {})).toMatchObject({ approvals: 1 })
    const [waiting] = await approvals()
    expect(waiting).toMatchObject({ kind: 'server.run', title: 'Run what the program of a is now' })
    expect(waiting?.lines).toContain('of the package p, version 1.0.1')

    expect(await world.call('approvals:decide', { id: waiting?.id, approve: false })).toHaveLength(
      1,
    )
    await refusal(world.call('servers:test', { name: 'a' }), 'server.changed')
    expect(await world.agree('approvals:decide', { id: waiting?.id, approve: true })).toEqual([])
    expect(await state()).not.toBe('held')
    expect((await started()).message).toContain('masked by Warder: secret:k')
    // Back to what was approved before that is another change.
    await install('1.0.0')
    await refusal(world.call('servers:test', { name: 'a' }), 'server.changed')
  })

  it('is as it was approved again when a person says no to an edit of it', async () => {
    await install('1.0.0')
    await add()
    const file = path.join(world.home, 'config.json')
    const before = JSON.parse(await readFile(file, 'utf8'))
    const edited = structuredClone(before)
    edited.servers.a.args.push('--more')
    await world.edit(edited)
    const [waiting] = await approvals()
    expect(waiting).toMatchObject({ kind: 'server', title: 'Change the server a' })
    expect(await world.call('approvals:decide', { id: waiting?.id, approve: false })).toEqual([])
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(before)
    expect((await started()).message).toContain('masked by Warder: secret:k')
  })

  it('that fails is shown as that, with the reason, and keeps a log', async () => {
    await install('1.0.0')
    await add()
    await started()
    const [view] = (await world.call('servers:list', {})) as Output<'servers:list'>
    expect(view).toMatchObject({ state: 'error', message: expect.stringContaining('exit code 3') })
    const { lines } = (await world.call('servers:logs', { name: 'a' })) as Output<'servers:logs'>
    expect(lines.at(-1)).toMatch(/^\d{4}-.*Z \[masked by Warder: secret:k\]$/)
    await refusal(world.call('servers:logs', { name: 'none' }), 'server.unknown')
    await world.call('servers:remove', { name: 'a' })
    expect(await readdir(path.join(world.home, 'logs'))).toEqual([])
  })

  it('that was left alone is started again at once when its secret is set anew', async () => {
    await install('1.0.0')
    await add()
    await world.agree('clients:add', { name: 'c' })
    const [client] = (await world.call('clients:list', {})) as Output<'clients:list'>
    const line = await openLine(client?.socket ?? '', 'a')
    stack.defer(line.close)
    await line.open()
    const said = async () => JSON.stringify(await line.call('tools/list', {}))
    let answer = await said()
    for (; !answer.includes('left alone'); answer = await said()) expect(answer).toContain('code 3')
    await world.call('secrets:set', { name: 'k', value: 'another one' })
    expect(await line.next()).toContain('notifications/tools/list_changed')
    answer = await said()
    expect(answer).toContain('code 3')
    expect(answer).not.toContain('left alone')
  })

  it('that others can write is refused when it is added, and at each start', async () => {
    await install('1.0.0')
    await chmod(script(), 0o666)
    await world.call('secrets:set', { name: 'k', value: VALUE })
    const unsafe = await refusal(
      world.call('servers:add', { name: 'a', definition: definition() }),
      'server.unsafe',
    )
    expect(unsafe.message).toContain(`${script()} can be written by other users`)
    await chmod(script(), 0o600)
    await add()
    await chmod(path.dirname(script()), 0o777)
    await refusal(world.call('servers:test', { name: 'a' }), 'server.unsafe')
    await chmod(path.dirname(script()), 0o700)
    await started()
  })

  it('that was written into config.json is shown with what it runs, and approved with it', async () => {
    await install('1.0.0')
    await world.call('secrets:set', { name: 'k', value: VALUE })
    await world.edit({ servers: { a: definition() } })
    const [waiting] = await approvals()
    expect(waiting?.lines).toContain('of the package p, version 1.0.0')
    await world.agree('approvals:decide', { id: waiting?.id, approve: true })
    expect(await approvals()).toEqual([])
    await started()
  })

  it('that cannot be approved as it is says why while it waits', async () => {
    await world.edit({ servers: { a: { command: 'uvx', args: ['name'] } } })
    const [waiting] = await approvals()
    expect(waiting?.lines.at(-1)).toContain('cannot be approved as it is: a cannot be approved')
    await refusal(
      world.call('approvals:decide', { id: waiting?.id, approve: true }),
      'server.unpinned',
    )
  })

  it('that an older Warder approved is asked about once', async () => {
    await install('1.0.0')
    const home = stack.use(await testHome())
    const older = stack.use(await startWorld(undefined, home))
    await older.agree('servers:add', { name: 'a', definition: { ...definition(), env: {} } })
    await older.companion.close()
    const state = openState(home.path)
    const meta = openMeta(state)
    const { servers } = JSON.parse(meta.get('approved_config') ?? '')
    expect(servers.a.pin).toMatchObject({ package: { version: '1.0.0' } })
    delete servers.a.pin
    meta.set('approved_config', JSON.stringify({ servers }))
    state.close()

    const newer = stack.use(await startWorld(undefined, home))
    await refusal(newer.call('servers:test', { name: 'a' }), 'server.held')
    const [waiting] = (await newer.call('approvals:list', {})) as Output<'approvals:list'>
    expect(waiting?.title).toBe('Run the program of a')
    await newer.agree('approvals:decide', { id: waiting?.id, approve: true })
    await refusal(newer.call('servers:test', { name: 'a' }), 'server.start_failed')
    expect(await newer.call('approvals:list', {})).toEqual([])
  })
})
