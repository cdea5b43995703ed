import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { processGroup } from '../../main/runtime/process-group.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { digest } from '../harness/identity-provider/journal.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startNpmRegistry } from '../harness/npm-registry.ts'
import { bareEnvironment } from '../harness/processes.ts'
import { everythingStdio, keyedStdio } from '../harness/stdio-servers.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { outcomeOf } from './support/audit.ts'
import { call, echo, refusalOf, toolNames } from './support/calls.ts'
import { descendantsOf, environmentOf, gone, processesWith } from './support/proc.ts'
import { addClient, CLIENT, openStage, REMOTE } from './support/stage.ts'
import { startWitness, type Witness } from './support/witness.ts'

/** A local server gets its credential in its environment, and nothing else of ours; it lives as long as it may. */

const SECRET = 'kept in the vault: 7d1f0a'
/** All that a child may have of the companion's environment. */
const PASSED_ON = ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER']

let stage: AsyncDisposableStack
let witness: Witness
beforeEach(async () => {
  stage = new AsyncDisposableStack()
  witness = stage.use(await startWitness())
})
afterEach(() => stage.disposeAsync())

/** Adds the reference server, seen by the witness. @param env `NAME=VALUE` or `NAME=secret:S` */
const addTools = (warder: Warder, ...env: string[]) =>
  warder.ok([
    ...['server', 'add', 'tools', '--approve'],
    ...env.flatMap((one) => ['--env', one]),
    ...['--', everythingStdio.command, ...witness.nodeOptions, ...everythingStdio.args],
  ])

describe('with a secret', () => {
  const companionEnv = {
    USER: 'somebody',
    AWS_SECRET_ACCESS_KEY: 'of another program',
    NODE_OPTIONS: '--no-warnings',
    WARDER_ANYTHING: '1',
  }
  let warder: Warder
  beforeEach(async () => {
    const home = stage.use(await testHome()).path
    warder = stage.use(await startWarder({ home, env: companionEnv }))
    await addClient(warder, CLIENT)
    await warder.ok(['secret', 'set', 'demo-key'], SECRET)
    await addTools(warder, 'DEMO_KEY=secret:demo-key', 'DEMO_MODE=quiet')
  })

  it('the environment is the allow-list and what the definition injects; answers show a mask', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const { pid } = await witness.next()
    const ours = Object.entries({ ...bareEnvironment(), ...companionEnv })
    expect(environmentOf(pid)).toEqual({
      ...Object.fromEntries(ours.filter(([name]) => PASSED_ON.includes(name))),
      DEMO_KEY: SECRET,
      DEMO_MODE: 'quiet',
    })

    const answer = await call(client, 'get-env')
    expect(answer).not.toContain(SECRET)
    expect(answer).toContain('"DEMO_KEY": "[masked by Warder: secret:demo-key]"')
    expect(await outcomeOf(warder, 'get-env')).toMatchObject({ outcome: 'ok', masked: 1 })
    expect(await call(client, 'echo', { message: `it is ${SECRET}` })).not.toContain(SECRET)
  })

  it('the process ends with its client', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const { ended } = await witness.next()
    const other = await warder.client(CLIENT, 'tools')
    await client.close()
    await ended
    // The other one's was not touched, so none had to be started again.
    expect(await echo(other)).toContain('hello')
    expect(witness.seen).toHaveLength(2)
  })

  it('the process ends with the companion', async () => {
    const client = await warder.client(CLIENT, 'tools')
    const { pid, ended } = await witness.next()
    expect(descendantsOf(warder.pid)).toContain(pid)
    expect(await warder.stop()).toEqual({ code: 0, signal: null })
    await ended
    await client.close()
    expect(witness.seen).toHaveLength(1)
  })
})

describe('with the token of a grant', () => {
  let chromium: Browser
  beforeAll(async () => {
    chromium = await launchBrowser()
  })
  afterAll(() => chromium.close())

  it('the token is in its environment; the revocation ends the process and refuses the next call', async () => {
    const house = stage.use(await openStage({ chromium }))
    const { warder, provider } = house
    await addTools(warder, `REMOTE_TOKEN=grant:${REMOTE}`)
    const client = await warder.client(CLIENT, 'tools')
    expect((await refusalOf(echo(client))).code).toBe('grant.sign_in_needed')
    expect(witness.seen).toEqual([])

    await house.connect()
    expect(await echo(client)).toContain('hello')
    const { pid, ended } = await witness.next()
    const issued = (await provider.secrets()).filter(({ name }) => name === 'access_token')
    const { REMOTE_TOKEN = '' } = environmentOf(pid)
    expect(issued.map(({ value }) => digest(value))).toEqual([digest(REMOTE_TOKEN)])
    const answer = await call(client, 'get-env')
    expect(answer.includes(REMOTE_TOKEN)).toBe(false)
    expect(answer).toContain(`masked by Warder: grant:${REMOTE}`)
    expect(await outcomeOf(warder, 'get-env')).toMatchObject({
      account: `${REMOTE}/${accounts.alice}`,
    })

    await warder.ok(['revoke', '--server', REMOTE])
    await ended
    const refusal = await refusalOf(echo(client))
    expect(refusal.code).toBe('grant.sign_in_needed')
    expect(witness.seen).toHaveLength(1)
  })
})

describe('a server that needs a key', () => {
  const { command, args, key } = keyedStdio
  let warder: Warder
  beforeEach(async () => {
    const home = stage.use(await testHome()).path
    warder = stage.use(await startWarder({ home }))
    await addClient(warder, CLIENT)
  })

  it('says why it does not start without one, lists its tools with it, and gets another one', async () => {
    await warder.ok(['server', 'add', 'bases', '--approve', '--', command, ...args])
    expect(await warder.run(['server', 'test', 'bases'])).toMatchObject({
      code: 1,
      json: { error: { code: 'server.start_failed', message: expect.stringContaining('code 1') } },
    })
    await warder.ok(['server', 'remove', 'bases'])

    const env = ['--env', `${key}=secret:bases-key`]
    await warder.ok(['secret', 'set', 'bases-key'], SECRET)
    await warder.ok(['server', 'add', 'bases', '--approve', ...env, '--', command, ...args])
    const client = await warder.client(CLIENT, 'bases')
    expect(await toolNames(client)).toContain('list_bases')

    const holding = (value: string) =>
      descendantsOf(warder.pid).filter((pid) => environmentOf(pid)[key] === value)
    const old = holding(SECRET)
    expect(old).toHaveLength(1)
    await warder.ok(['secret', 'set', 'bases-key'], 'another one')
    await Promise.all(old.map(gone))
    expect(await toolNames(client)).toContain('list_bases')
    expect(holding('another one')).toHaveLength(1)
  })

  it('that dies at start is named with its exit code and its last words, the secret masked', async () => {
    const program = 'console.error("cannot use", process.env.DEMO_KEY); process.exit(7)'
    await warder.ok(['secret', 'set', 'demo-key'], SECRET)
    const env = ['--env', 'DEMO_KEY=secret:demo-key']
    const dies = [process.execPath, '-e', program]
    await warder.ok(['server', 'add', 'dies', '--approve', ...env, '--', ...dies])
    const answer = await warder.run(['server', 'test', 'dies'])
    expect(answer).toMatchObject({ code: 1, json: { error: { code: 'server.start_failed' } } })
    expect(answer.stdout).toContain('code 7')
    expect(answer.stdout).toContain('cannot use [masked by Warder: secret:demo-key]')
    expect(answer.stdout + answer.stderr).not.toContain(SECRET)

    const refusal = await refusalOf(warder.client(CLIENT, 'dies'))
    expect(refusal.code).toBe('server.start_failed')
    expect(refusal.message).toContain('code 7')
  })
})

describe('a server that reads its credential elsewhere than in a variable', () => {
  it('has it in a file, a pipe or an argument, and the approval says which', async () => {
    const home = stage.use(await testHome()).path
    const warder = stage.use(await startWarder({ home }))
    await warder.ok(['secret', 'set', 'demo-key'], SECRET)
    const program = `
      const read = (name) => require('node:fs').readFileSync(process.env[name], 'utf8').length
      console.error('seen', read('FILE'), read('PIPE'), process.argv.at(-1).length)
      process.exit(7)`
    const add = [
      ...['server', 'add', 'reads', '--file', 'FILE=secret:demo-key'],
      ...['--file-once', 'PIPE=secret:demo-key', '--arg-secret', 'ARG=secret:demo-key'],
    ]
    const command = ['--', process.execPath, '-e', program, '--', '--key={argument:ARG}']
    const asked = await warder.run([...add, ...command])
    expect(asked.stdout).toContain('readable one time')
    expect(asked.stdout).toContain('OTHER USERS OF THIS MACHINE CAN SEE IT')
    await warder.ok([...add, '--approve', ...command])
    const answer = await warder.run(['server', 'test', 'reads'])
    const { length } = SECRET
    expect(answer.stdout).toContain(`seen ${length} ${length} ${length + '--key='.length}`)
    const given = path.join(warder.ready.sockets, 'given')
    const [ofThisRun = '', ...others] = readdirSync(given)
    expect([others, readdirSync(path.join(given, ofThisRun))]).toEqual([[], []])
  })
})

describe('a server whose package is being installed', () => {
  it('does not hold up the end of Warder', async () => {
    const registry = stage.use(await startNpmRegistry())
    registry.publish({ name: '@test/tool', version: '1.0.0', bin: 'tool.js' }, { 'tool.js': '' })
    const home = stage.use(await testHome()).path
    const warder = stage.use(await startWarder({ home }))
    const env = Object.entries(registry.environment).flatMap(([name, value]) => [
      '--env',
      `${name}=${value}`,
    ])
    const add = ['server', 'add', 'tool', '--approve', ...env]
    const asked = registry.hold(/\.tgz$/)
    await warder.ok([...add, '--', 'npx', '-y', '@test/tool'])
    const testing = warder.run(['server', 'test', 'tool'])
    await asked
    expect(await warder.stop()).toEqual({ code: 0, signal: null })
    expect((await testing).code).not.toBe(0)
  })
})

describe('a companion that is killed', () => {
  const busy = (name: string) =>
    `process.on('SIGTERM', () => {}); console.error(${JSON.stringify(name)}); for (;;);`
  /** Answers the opening, then is busy for ever together with a child of its own. */
  const STUBBORN = `
    const { spawn } = require('node:child_process')
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line)
      if (method !== 'initialize')
        return process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }) + '\\n')
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(busy('child'))}], { stdio: ['ignore', 'ignore', 'pipe'] })
      child.stderr.once('data', () => {
        const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } }
        process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n', () => { ${busy('leader')} })
      })
    })`

  /** Of one companion: others may run the same test. */
  const serversOf = (companion: number) => {
    const leaders = processesWith(['-e', STUBBORN])
    return descendantsOf(companion)
      .filter((pid) => leaders.includes(pid))
      .flatMap((pid) => [pid, ...descendantsOf(pid)])
  }

  /** As {@link serversOf}; a test that fails must not leave them either. */
  const guarded = (companion: number) => {
    const servers = serversOf(companion)
    for (const pid of servers) stage.defer(() => processGroup(pid).signal('SIGKILL'))
    return servers
  }

  it('leaves no local server behind, however busy and deaf to SIGTERM it is', async () => {
    const home = stage.use(await testHome()).path
    const warder = stage.use(await startWarder({ home }))
    await addClient(warder, CLIENT)
    await warder.ok(['server', 'add', 'deaf', '--approve', '--', process.execPath, '-e', STUBBORN])
    await warder.client(CLIENT, 'deaf')
    const servers = guarded(warder.pid)
    expect(servers).toHaveLength(2)
    await warder.stop('SIGKILL')
    await Promise.all(servers.map(gone))
  })

  it('together with its guardian has the next start end what they left', async () => {
    const home = stage.use(await testHome()).path
    const first = stage.use(await startWarder({ home }))
    await addClient(first, CLIENT)
    await first.ok(['server', 'add', 'deaf', '--approve', '--', process.execPath, '-e', STUBBORN])
    await first.client(CLIENT, 'deaf')
    const servers = guarded(first.pid)
    const guardians = descendantsOf(first.pid).filter((pid) =>
      processesWith(['warder-guardian']).includes(pid),
    )
    expect(guardians).toHaveLength(1)
    for (const pid of guardians) process.kill(pid, 'SIGKILL')
    await first.stop('SIGKILL')
    expect(processGroup(servers[0] ?? 0).alive()).toBe(true)
    stage.use(await startWarder({ home }))
    await Promise.all(servers.map(gone))
  })
})
