import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { chmod, chown, rm, symlink, writeFile } from 'node:fs/promises'
import type net from 'node:net'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { runShim, shimHome } from '../../main/shim/shim.ts'
import { homeDirectory } from '../../main/store/home.ts'
import { testHome } from '../harness/home.ts'
import { companionHome, fixture, startShim } from './support/home.ts'

/** Runs it to its end with no input, and gives all it said. */
async function outcome(home: string, args?: string[]) {
  await using shim = startShim(home, args)
  shim.stdin.end()
  const [code, stdout, stderr] = await Promise.all([shim.ended, text(shim.stdout), shim.stderr])
  return { code, stdout, stderr }
}

const onceConnected = () => Promise.withResolvers<net.Socket>()

/** The first line: where it was started is the folder of the tests. */
const hello = (parts: object) =>
  `${JSON.stringify({ warder: 1, ...parts, folder: realpathSync.native(process.cwd()) })}\n`

describe('the way through', () => {
  it('sends the hello, then bytes both ways, and leaves with the client', async () => {
    await using home = await companionHome()
    const { promise, resolve } = onceConnected()
    await home.listen(home.socket, resolve)
    await using shim = startShim(home.path, ['--client', 'editor', '--server', 'notes'])
    const said = text(shim.stdout)
    const connection = await promise
    const heard = text(connection)

    const message = Buffer.concat([Buffer.from([0xff, 0, 13, 10]), Buffer.alloc(3_000_000, 'x')])
    // The last line counts without its line feed as well.
    shim.stdin.end(message)
    connection.write(message)
    expect(await heard).toBe(`${hello({ server: 'notes' })}${message.toString()}\n`)
    connection.end('\nlast answer\n')
    expect(await said).toBe(`${message.toString()}\nlast answer\n`)
    expect([await shim.ended, await shim.stderr]).toEqual([0, ''])
  })

  it('leaves the server out of the hello when none was named', async () => {
    await using home = await companionHome()
    const { promise, resolve } = onceConnected()
    await home.listen(home.socket, resolve)
    await using shim = startShim(home.path)
    const connection = await promise
    shim.stdin.end()
    expect(await text(connection)).toBe(hello({}))
    connection.end()
    expect(await shim.ended).toBe(0)
  })

  it('leaves when nobody reads its output any more', async () => {
    await using home = await companionHome()
    const { promise, resolve } = onceConnected()
    await home.listen(home.socket, resolve)
    await using shim = startShim(home.path)
    const connection = await promise
    shim.stdout.destroy()
    await once(shim.stdout, 'close')
    connection.write('{}\n')
    expect([await shim.ended, await shim.stderr]).toEqual([0, ''])
  })

  it('holds the client back while the companion does not read', async () => {
    await using home = await companionHome()
    const { promise, resolve } = onceConnected()
    await home.listen(home.socket, resolve)
    await using shim = startShim(home.path)
    const connection = await promise
    connection.pause()
    // More than the pipe, the socket and all buffers hold: writing stops being accepted, and goes on once it is read.
    let written = 0
    while (shim.stdin.writableLength < 1_000_000) {
      shim.stdin.write(`${'x'.repeat(65_535)}\n`)
      written += 65_536
      await new Promise((next) => setImmediate(next))
    }
    shim.stdin.end()
    const heard = await text(connection)
    expect(heard.length).toBe(hello({}).length + written)
  })
})

describe('what ends it before it starts', () => {
  it.each([
    [[]],
    [['--client']],
    [['--client', '']],
    [['--client', 'editor', '--token', 'x']],
    [['--client', 'editor', 'notes']],
    [['--client', 'editor', '--server', '']],
  ])('wrong usage: %j', async (args) => {
    await using home = await companionHome()
    const { code, stdout, stderr } = await outcome(home.path, args)
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      'warder: usage: warder mcp --client NAME [--server NAME] [--home DIR]\n',
    ])
  })

  it.each(['nobody', '__proto__', 'constructor', 'a\nb'])('the unknown client %j', async (name) => {
    await using home = await companionHome()
    await home.listen(home.control, () => {})
    const { code, stdout, stderr } = await outcome(home.path, ['--client', name])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toBe(
      `warder: no client is named ${JSON.stringify(name)}: add it with "warder client add NAME", or see "warder approvals" if it waits there\n`,
    )
  })

  it('a home where no companion has run', async () => {
    await using home = await testHome()
    const { code, stdout, stderr } = await outcome(home.path)
    expect([code, stdout]).toEqual([69, ''])
    expect(stderr).toContain('start it with: warder serve')
  })

  it.each(['', '[]', '{"version":2}', '{"version":1,"clients":{"editor":1}}'])(
    'a damaged run.json: %s',
    async (content) => {
      await using home = await companionHome()
      await writeFile(home.runFile, content)
      const { code, stderr } = await outcome(home.path)
      expect([code, stderr]).toEqual([69, expect.stringContaining('is damaged')])
    },
  )

  it('a program that is not there', async () => {
    await using home = await companionHome()
    await home.writeRun({ argv: ['/no/such/program'] })
    const { code, stderr } = await outcome(home.path)
    expect([code, stderr]).toEqual([69, 'warder: the companion cannot be started (ENOENT)\n'])
  })

  it('a program that is not named in full', async () => {
    await using home = await companionHome()
    await home.writeRun({ argv: ['node', fixture, home.socket] })
    expect((await outcome(home.path)).code).toBe(69)
  })

  it('a companion that does not come up in time', async () => {
    await using home = await companionHome()
    await home.writeRun({ argv: [process.execPath, '-e', ''] })
    const io = {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
      ppid: process.ppid,
      exitCode: undefined,
      startMs: 0,
    }
    expect(await runShim(['--client', 'editor', '--home', home.path], io)).toBe(69)
    expect(io.exitCode).toBe(69)
    expect(io.stderr.read().toString()).toBe(
      'warder: the companion was started but does not answer\n',
    )
  })
})

describe('what is not ours alone', () => {
  const expectRefused = async (home: string) => {
    const { code, stdout, stderr } = await outcome(home)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/only you can reach|written by somebody else/)
  }

  it.each(['660', '606', '601'])('a socket with mode %s', async (mode) => {
    await using home = await companionHome()
    await home.listen(home.socket, () => {})
    await chmod(home.socket, Number.parseInt(mode, 8))
    await expectRefused(home.path)
  })

  it.each(['770', '707', '1777'])('a folder with mode %s', async (mode) => {
    await using home = await companionHome()
    await home.listen(home.socket, () => {})
    await chmod(home.folder, Number.parseInt(mode, 8))
    await expectRefused(home.path)
  })

  it('somebody else’s', async () => {
    await using home = await companionHome()
    await home.listen(home.socket, () => {})
    // Only root can give a socket away; for everybody else the system’s own folders are somebody else’s.
    if (process.getuid?.() === 0) await chown(home.socket, 1, 1)
    else await home.writeRun({ clients: { editor: '/etc/passwd' } })
    await expectRefused(home.path)
  })

  it('a file or a link where the socket should be', async () => {
    await using home = await companionHome()
    await writeFile(home.socket, '', { mode: 0o600 })
    await expectRefused(home.path)
    await rm(home.socket)
    const elsewhere = path.join(home.folder, 'other.sock')
    await home.listen(elsewhere, () => {})
    await symlink(elsewhere, home.socket)
    await expectRefused(home.path)
  })

  it('a run.json that others can write', async () => {
    await using home = await companionHome()
    await chmod(home.runFile, 0o620)
    await expectRefused(home.path)
  })

  it('a run.json that is a link', async () => {
    await using home = await companionHome()
    const elsewhere = path.join(home.folder, 'run.json')
    await writeFile(elsewhere, '{}')
    await rm(home.runFile)
    await symlink(elsewhere, home.runFile)
    const { code, stderr } = await outcome(home.path)
    expect([code, stderr]).toEqual([69, expect.stringContaining('cannot be read')])
  })
})

describe('an absent companion', () => {
  const greeting = async (shim: ReturnType<typeof startShim>) => {
    for await (const chunk of shim.stdout) return JSON.parse(String(chunk))
  }

  it.each(['absent', 'left over'])('is started as recorded (socket %s)', async (socket) => {
    await using home = await companionHome()
    // A bound socket whose listener is gone: connecting to it is refused.
    if (socket === 'left over') await leaveSocket(home.socket)
    await using shim = startShim(home.path)
    const { pid, env, cwd } = await greeting(shim)
    expect(env).toMatchObject({ PATH: '/usr/bin:/bin', MARK: 'recorded' })
    expect(env).not.toHaveProperty('NODE_NO_WARNINGS')
    expect([cwd, pid]).toEqual([home.path, expect.any(Number)])
    shim.stdin.end()
    expect(await shim.ended).toBe(0)
  })

  it('is started once for clients that come together', async () => {
    await using home = await companionHome()
    await using one = startShim(home.path)
    await using two = startShim(home.path)
    const [first, second] = await Promise.all([greeting(one), greeting(two)])
    expect(first.pid).toBe(second.pid)
  })

  it('may know a client that was added while it was down', async () => {
    await using home = await companionHome()
    const adopts = `
      const fs = require('node:fs')
      const run = JSON.parse(fs.readFileSync(process.argv[1], 'utf8'))
      fs.writeFileSync(process.argv[1] + '~', JSON.stringify({ ...run, clients: { late: process.argv[2] } }), { mode: 0o600 })
      fs.renameSync(process.argv[1] + '~', process.argv[1])
      import(process.env.FIXTURE)`
    await home.writeRun({
      clients: {},
      argv: [process.execPath, '-e', adopts, '--', home.runFile, home.socket],
      env: { FIXTURE: fixture },
    })
    await using shim = startShim(home.path, ['--client', 'late'])
    expect(await greeting(shim)).toMatchObject({ env: { FIXTURE: fixture } })
  })
})

describe('shimHome', () => {
  it.each([
    [{ flag: 'relative/dir', env: { WARDER_HOME: '/w', HOME: '/h' } }],
    [{ flag: '', env: { WARDER_HOME: '/w', HOME: '/h' } }],
    [{ env: { WARDER_HOME: '', HOME: '/h', XDG_DATA_HOME: '/x' } }],
    [{ env: { HOME: '/h', XDG_DATA_HOME: '' } }],
    [{ env: { HOME: '' } }],
    [{ env: {} }],
  ])('is the home that the companion uses: %j', (options) => {
    expect(shimHome(options)).toBe(homeDirectory({ flag: undefined, ...options }))
  })
})

/** A child that is killed while it listens leaves its socket file behind. */
async function leaveSocket(file: string): Promise<void> {
  const code = `process.umask(0o177); require('net').createServer().listen(${JSON.stringify(file)}, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}
