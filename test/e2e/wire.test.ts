import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createControlClient } from '../../main/cli/control-client.ts'
import { openLedger } from '../../main/wiring/ledger.ts'
import type {
  ClientView,
  StatusView,
  WiringPreview,
  WiringView,
} from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { type Answer, runCli, startWarder, type Warder } from '../harness/warder.ts'
import { call } from './support/calls.ts'

/** From a client's file to an answer through Warder, and back to the file as it was. */

let stage: AsyncDisposableStack
/** Of the person. */
let user: string
/** Of Warder. */
let home: string
const before = '{\n\t// mine\n\t"mcpServers": { "other": { "command": "npx" } },\n}\n'
const cursorFile = () => path.join(user, '.cursor', 'mcp.json')
const env = () => ({ HOME: user })

beforeEach(async () => {
  stage = new AsyncDisposableStack()
  user = stage.use(await testHome()).path
  home = path.join(user, 'w')
  await mkdir(path.dirname(cursorFile()))
  await writeFile(cursorFile(), before)
})
afterEach(() => stage.disposeAsync())

const run = (...args: string[]): Promise<Answer> =>
  runCli(['--json', '--home', home, ...args], { env: env() })

async function serve(): Promise<Warder> {
  const warder = stage.use(await startWarder({ home, env: env() }))
  const { command, args } = everythingStdio
  await warder.run(['server', 'add', 'tools', '--approve', '--', command, ...args])
  return warder
}

/** Starts what the client's file says, with no environment at all: the SDK itself would add variables of ours. */
async function startedBy(file: string): Promise<Client> {
  const text = await readFile(file, 'utf8')
  const { mcpServers } = JSON.parse(text.replace('// mine', '').replaceAll(/,(\s*\})/g, '$1'))
  const { command, args } = mcpServers.warder
  const client = new Client({ name: 'cursor', version: '1' })
  await client.connect(
    new StdioClientTransport({ command: 'env', args: ['-i', command, ...args], stderr: 'ignore' }),
  )
  stage.defer(() => client.close())
  return client
}

const stateOf = async (warder: Warder, name: string) =>
  (await warder.ok<ClientView[]>(['client', 'list'])).find((client) => client.name === name)?.state

describe('a client that is wired while no companion runs', () => {
  it('is let in at the next start, gets its answers, and is taken out again without a trace', async () => {
    const wired = await run('wire', 'cursor', '--yes')
    expect(wired).toMatchObject({ code: 0, json: { done: true, admitted: 'at-next-start' } })

    const warder = await serve()
    expect(await stateOf(warder, 'cursor')).toBe('active')
    const client = await startedBy(cursorFile())
    expect(await call(client, 'tools__echo', { message: 'hello' })).toBe('Echo: hello')

    expect(await run('unwire', 'cursor')).toMatchObject({
      code: 0,
      json: { done: true, notes: [] },
    })
    expect(readFileSync(cursorFile(), 'utf8')).toBe(before)
    expect(await stateOf(warder, 'cursor')).toBeUndefined()
  })

  it('is not let in when it was taken out before that', async () => {
    await run('wire', 'cursor', '--yes')
    await run('unwire', 'cursor')
    expect(readFileSync(cursorFile(), 'utf8')).toBe(before)
    const warder = await serve()
    expect(await stateOf(warder, 'cursor')).toBeUndefined()
  })

  it('is shut out at the next start where it was taken out meanwhile', async () => {
    const first = await serve()
    expect(await run('wire', 'cursor', '--yes')).toMatchObject({ json: { admitted: 'now' } })
    expect(await stateOf(first, 'cursor')).toBe('active')
    await first.stop()
    await run('unwire', 'cursor')
    const second = await serve()
    expect(await stateOf(second, 'cursor')).toBeUndefined()
  })
})

describe('wiring', () => {
  it('asks a person, and changes nothing where nobody can be asked or it is only looked at', async () => {
    expect(await run('wire', 'cursor')).toMatchObject({
      code: 4,
      json: { error: { code: 'presence.required' } },
    })
    expect(await run('wire', 'cursor', '--dry-run')).toMatchObject({
      code: 0,
      json: { done: false },
    })
    expect(await run('wire', 'nobody')).toMatchObject({ code: 3 })
    expect(readFileSync(cursorFile(), 'utf8')).toBe(before)
    expect(await readdir(user)).toEqual(['.cursor'])
  })

  it('lets nobody in whose file cannot be written', async () => {
    const warder = await serve()
    await writeFile(cursorFile(), '{ broken')
    expect(await run('wire', 'cursor', '--yes')).toMatchObject({
      code: 1,
      json: { error: { code: 'wiring.broken' } },
    })
    expect(await stateOf(warder, 'cursor')).toBeUndefined()
  })

  it('leaves a client alone that was let in before it', async () => {
    const warder = await serve()
    await warder.ok(['client', 'add', 'cursor', '--yes'])
    expect(await run('wire', 'cursor', '--yes')).toMatchObject({ json: { admitted: 'already' } })
    await run('unwire', 'cursor')
    expect(await stateOf(warder, 'cursor')).toBe('active')
  })

  it('tells of a client that took Warder out, and mends it', async () => {
    const warder = await serve()
    await run('wire', 'cursor', '--yes')
    const problems = async () => (await warder.ok<StatusView>(['status'])).wiringProblems
    expect(await problems()).toEqual([])
    await writeFile(cursorFile(), '{}')
    expect(await problems()).toEqual([expect.stringContaining('`warder wire cursor` mends it')])
    await run('wire', 'cursor', '--yes')
    expect(await problems()).toEqual([])
  })

  it('mends what clients start, when Warder has moved, before it serves', async () => {
    await run('wire', 'cursor', '--yes')
    const launcher = path.join(home, 'bin', 'warder-mcp')
    const text = await readFile(launcher, 'utf8')
    await writeFile(launcher, text.replace('warder.cjs', 'gone.cjs'))
    await serve()
    expect(await readFile(launcher, 'utf8')).toBe(text)
  })

  it('is done by the window through the contract, for what was shown and nothing else', async () => {
    const warder = await serve()
    const control = createControlClient(home)
    const preview: WiringPreview = await control.call('wiring:preview', {
      client: 'cursor',
      action: 'wire',
    })
    expect(preview.diff.join('\n')).toContain('warder-mcp')
    await expect(
      control.call('wiring:wire', { client: 'cursor', digest: 'another' }),
    ).rejects.toMatchObject({ code: 'wiring.changed' })
    const asked = control.call('wiring:wire', { client: 'cursor', digest: preview.digest })
    const challenge = await asked.then(
      () => null,
      (error) => error.details.challenge,
    )
    expect(readFileSync(cursorFile(), 'utf8')).toBe(before)
    await control.call('wiring:wire', {
      client: 'cursor',
      digest: preview.digest,
      confirm: challenge,
    })
    const listed: WiringView[] = await control.call('wiring:list', {})
    expect(listed.find(({ client }) => client === 'cursor')).toMatchObject({
      wired: 'wired',
      letIn: true,
    })
    const back = await control.call('wiring:preview', { client: 'cursor', action: 'unwire' })
    // A word that was given while no companion ran, and could not be followed, ends with the wiring that it was given for.
    openLedger(home).setPending('cursor', 'in')
    await control.call('wiring:unwire', { client: 'cursor', digest: back.digest })
    expect(readFileSync(cursorFile(), 'utf8')).toBe(before)
    expect(await stateOf(warder, 'cursor')).toBeUndefined()
    expect(openLedger(home).pending()).toEqual({})
  })
})

describe('uninstalling', () => {
  it('puts every file back, one that cannot be included, and says which', async () => {
    for (const client of ['cursor', 'claude-code', 'codex', 'goose', 'zed'])
      expect(await run('wire', client, '--yes')).toMatchObject({ code: 0 })
    await rm(path.join(user, '.config', 'zed', 'settings.json'))
    await mkdir(path.join(user, '.config', 'zed', 'settings.json'))
    const first = await run('uninstall')
    expect(first.code).toBe(1)
    expect(first.json).toMatchObject({
      files: expect.arrayContaining([
        expect.objectContaining({ client: 'zed', error: expect.anything() }),
      ]),
    })
    expect(readFileSync(cursorFile(), 'utf8')).toBe(before)
    await rm(path.join(user, '.config'), { recursive: true })
    expect(await run('uninstall')).toMatchObject({ code: 0 })
    expect((await readdir(user)).toSorted()).toEqual(['.cursor', 'w'])
    expect(await readdir(home)).toEqual(['wiring'])
  })
})
