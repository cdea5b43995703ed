import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { processGroup } from '../../main/runtime/process-group.ts'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { impatient, script, startTestServer } from './local-server.ts'

const definition = { command: everythingStdio.command, args: [...everythingStdio.args] }
const initialize =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"0"}}}'

/** Keeps a script alive until its standard input ends. */
const untilInputEnds = 'process.stdin.resume();'
const forEver = 'setInterval(() => {}, 1e9);'

describe('startLocalServer', () => {
  it('speaks with a real MCP server and ends it', async () => {
    await using server = await startTestServer({ definition })
    await server.process.send(initialize)
    const answer = JSON.parse(await server.nextLine())
    expect(answer).toMatchObject({ id: 1, result: { protocolVersion: '2025-11-25' } })
    await server.process.stop()
    expect(processGroup(server.process.pid).alive()).toBe(false)
    expect((await server.exit).error.code).toBe('server.ended')
  })

  it('gives the child the allow-listed environment and its own, nothing else', async () => {
    const names = ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER']
    const ours = names.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    )
    process.env.WARDER_TEST_PLANTED = 'must not arrive'
    try {
      await using server = await startTestServer({
        definition: script('console.log(JSON.stringify(process.env))'),
        environment: { NOTES_TOKEN: 'own', TERM: 'dumb' },
      })
      expect(JSON.parse(await server.nextLine())).toEqual({
        ...Object.fromEntries(ours),
        NOTES_TOKEN: 'own',
        TERM: 'dumb',
      })
    } finally {
      delete process.env.WARDER_TEST_PLANTED
    }
  })

  it('uses no shell: arguments arrive as they are', async () => {
    const args = ['$(id)', '`id`', '; id', '&& id', '%PATH%', '"quoted"', '', 'a\nb']
    await using server = await startTestServer({
      definition: {
        command: process.execPath,
        args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args],
      },
    })
    expect(JSON.parse(await server.nextLine())).toEqual(args)
  })

  it('starts it in its folder', async () => {
    await using home = await testHome()
    await using server = await startTestServer({
      definition: { ...script('console.log(process.cwd())'), cwd: home.path },
    })
    expect(await server.nextLine()).toBe(await realpath(home.path))
  })

  it('takes lines of many megabytes in both directions', async () => {
    await using server = await startTestServer({
      definition: script('process.stdin.pipe(process.stdout)'),
    })
    const text = `{"data":"${'A'.repeat(3 * 1024 * 1024)}"}`
    await server.process.send(text)
    expect(await server.nextLine()).toBe(text)
  })

  it('holds the output back while a line is being handled', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    await using server = await startTestServer({
      definition: script('for (let i = 0; i < 100_000; i++) console.log(i + "x".repeat(100))'),
      onLine: () => gate,
    })
    expect(await server.nextLine()).toMatch(/^0x/)
    expect(server.lines).toHaveLength(1)
    open()
    await server.exit
    expect(server.lines).toHaveLength(100_000)
  })

  it('drops and reports a line that is not UTF-8', async () => {
    const dropped: string[] = []
    await using server = await startTestServer({
      definition: script('process.stdout.write(Buffer.from([97, 0xc0, 10])); console.log("{}")'),
      onDropped: (remains) => void dropped.push(remains),
    })
    expect(await server.nextLine()).toBe('{}')
    expect(dropped).toEqual(['a\ufffd'])
  })

  it('refuses a message with a line break: it would be two', async () => {
    await using server = await startTestServer({ definition: script(untilInputEnds) })
    await expect(server.process.send('{}\n{}')).rejects.toMatchObject({ code: 'bridge.malformed' })
  })
})

it('a server that does not read has so much waiting for it, and no more is taken', async () => {
  await using server = await startTestServer({ definition: script(forEver), grace: impatient })
  const line = 'a'.repeat(1024 * 1024 - 1)
  const sends = Array.from({ length: 40 }, () => server.process.send(line))
  const refused = sends.map((one) =>
    one.then(
      () => null,
      (error: unknown) => error,
    ),
  )
  await server.process.stop()
  const codes = (await Promise.all(refused)).map((error) => (error as { code?: string }).code)
  expect(codes.filter((code) => code === 'server.unreachable')).toHaveLength(40 - 33)
  // What was taken waited until the server had gone.
  expect(codes.slice(0, 33)).toEqual(Array.from({ length: 33 }, () => 'server.ended'))
})

describe('a server that cannot be started', () => {
  it.each([
    [
      'a program that is not there',
      { command: 'no-such-program', args: [] },
      'no program "no-such-program"',
    ],
    [
      'a folder that is not there',
      { command: 'node', args: [], cwd: '/no/such/folder' },
      'no folder "/no/such/folder"',
    ],
    [
      'a file that may not be executed',
      { command: path.join(import.meta.dirname, 'process.test.ts'), args: [] },
      'may not be executed',
    ],
    ['a NUL byte', { command: 'node', args: ['-e', 'a\0b'] }, 'an argument has a NUL byte'],
  ])('%s', async (_what, broken, words) => {
    const starting = startTestServer({ definition: broken })
    await expect(starting).rejects.toMatchObject({
      code: 'server.start_failed',
      message: expect.stringContaining(words),
    })
  })

  it('never quotes a value of the environment', async () => {
    const starting = startTestServer({ definition, environment: { TOKEN: 'planted\0value' } })
    const error = await starting.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'server.start_failed',
      message: expect.stringContaining('TOKEN'),
    })
    expect(JSON.stringify([String(error), error])).not.toContain('planted')
  })

  it('names the exit code and its last words, masked, when it dies at once', async () => {
    await using server = await startTestServer({
      definition: script('console.error("bad token " + process.env.TOKEN); process.exitCode = 3'),
      environment: { TOKEN: 'planted-value' },
      mask: (text) => text.replaceAll('planted-value', '[TOKEN]'),
    })
    const exit = await server.exit
    expect(exit).toMatchObject({ code: 3, signal: null })
    expect(exit.error.code).toBe('server.start_failed')
    expect(exit.error.message).toBe(
      'notes ended with exit code 3 before it answered. It wrote: bad token [TOKEN]',
    )
    await expect(server.process.send('{}')).rejects.toMatchObject({ code: 'server.ended' })
  })

  it('tells a later end apart, and delivers the last lines first', async () => {
    await using server = await startTestServer({
      definition: script('console.log("a"); process.stdout.write("b"); process.exitCode = 1'),
    })
    const exit = await server.exit
    expect([exit.code, exit.error.code, server.lines]).toEqual([1, 'server.ended', ['a', 'b']])
  })
})

describe('a server that misbehaves', () => {
  it('is ended when a line grows over the limit', async () => {
    await using server = await startTestServer({
      definition: script(
        `const a = "A".repeat(65536); const go = () => process.stdout.write(a, go); go()`,
      ),
      grace: impatient,
      maxLineBytes: 1024 * 1024,
    })
    expect((await server.exit).error.code).toBe('server.protocol')
  })

  it('is ended when it closes its input', async () => {
    await using server = await startTestServer({
      definition: script(`require('fs').closeSync(0); console.log('closed'); ${forEver}`),
      grace: impatient,
    })
    await server.nextLine()
    // The pipe breaks with the first or a later write, as the kernel pleases.
    const writing = (async () => {
      for (;;) await server.process.send('{}')
    })()
    await expect(writing).rejects.toMatchObject({ code: 'server.ended' })
    await server.exit
    expect(processGroup(server.process.pid).alive()).toBe(false)
  })

  it('is ended when it closes its output', async () => {
    await using server = await startTestServer({
      definition: script(`require('fs').closeSync(1); ${forEver}`),
      grace: impatient,
    })
    await server.exit
    expect(processGroup(server.process.pid).alive()).toBe(false)
  })

  it('is not held up by what it writes to stderr, of which the end is kept', async () => {
    await using server = await startTestServer({
      definition: script(
        `for (let i = 0; i < 2000; i++) require('fs').writeSync(2, 'E'.repeat(8191) + '\\n'); console.log('done')`,
      ),
    })
    expect(await server.nextLine()).toBe('done')
    await server.exit
    expect(server.process.stderr()).toMatch(/^…E+( E+)* ?E+$/)
    expect(server.process.stderr()).toHaveLength(4000)
  })
})

describe('stop', () => {
  it('lets a server leave at the end of its input', async () => {
    await using server = await startTestServer({
      definition: script(
        `process.stdin.on('end', () => console.log('bye')); ${untilInputEnds} console.log('up')`,
      ),
    })
    await server.nextLine()
    await server.process.stop()
    expect(await server.exit).toMatchObject({ code: 0, signal: null })
    expect(server.lines).toEqual(['up', 'bye'])
  })

  it('sends SIGTERM to one that stays', async () => {
    await using server = await startTestServer({
      definition: script(
        `process.on('SIGTERM', () => process.exit(9)); ${forEver} console.log('up')`,
      ),
      grace: { inputMs: 0, termMs: 20_000, killMs: 20_000 },
    })
    await server.nextLine()
    await server.process.stop()
    expect(await server.exit).toMatchObject({ code: 9, signal: null })
  })

  it('kills one that ignores SIGTERM', async () => {
    await using server = await startTestServer({
      definition: script(`process.on('SIGTERM', () => {}); ${forEver} console.log('up')`),
      grace: impatient,
    })
    await server.nextLine()
    await Promise.all([server.process.stop(), server.process.stop()])
    expect(await server.exit).toMatchObject({ code: null, signal: 'SIGKILL' })
    expect(processGroup(server.process.pid).alive()).toBe(false)
  })

  const family = (parent: string) =>
    script(`
      const { spawn } = require('child_process');
      const child = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e9); process.stdout.write('.')";
      let up = 0;
      for (let i = 0; i < 5; i++) {
        const started = spawn(process.execPath, ['-e', child], { stdio: ['ignore', 'pipe', 'ignore'] });
        started.stdout.once('data', () => { if (++up === 5) { console.log('up'); ${parent} } });
      }
      ${untilInputEnds}`)

  it('ends what the server started with it', async () => {
    await using server = await startTestServer({ definition: family(''), grace: impatient })
    await server.nextLine()
    await server.process.stop()
    expect(processGroup(server.process.pid).alive()).toBe(false)
  })

  it('ends what a server leaves behind when it dies by itself', async () => {
    await using server = await startTestServer({
      definition: family('process.exit(1)'),
      grace: impatient,
    })
    await server.nextLine()
    expect((await server.exit).code).toBe(1)
    await server.process.stop()
    expect(processGroup(server.process.pid).alive()).toBe(false)
  })
})

describe('processGroup', () => {
  it('is alive while a member is', async () => {
    await using server = await startTestServer({ definition: script(untilInputEnds) })
    expect(processGroup(server.process.pid).alive()).toBe(true)
  })
})
