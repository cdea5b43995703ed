import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { document, startOnTerminal, startWarder, warder } from './warder.ts'

/** A companion of its own, until the end of the test. */
async function serve(args: readonly string[], options: Parameters<typeof startWarder>[1] = {}) {
  const running = startWarder(['serve', ...args], options)
  await running.seen('stdout', /\n/)
  return {
    ...running,
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      running.child.kill(signal)
      return running.finished
    },
    async [Symbol.asyncDispose]() {
      running.child.kill('SIGKILL')
      await running.finished
    },
  }
}

describe('serve', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'says in one line that it is ready, and ends with %s as it should',
    async (signal) => {
      await using home = await testHome()
      await using companion = await serve(['--home', home.path, '--vault', 'memory', '--json'])
      expect(document({ stdout: companion.stdout() })).toEqual({
        ready: true,
        http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        sockets: expect.stringMatching(/^\//),
        vault: 'memory',
      })
      const status = await warder(['status', '--json', '--home', home.path])
      expect(document(status)).toMatchObject({ shell: 'headless', pid: companion.child.pid })
      expect((await companion.stop(signal)).code).toBe(0)
      expect((await warder(['status', '--home', home.path])).code).toBe(69)
    },
  )

  it('says so in the same line without --json, with words for a person beside it', async () => {
    await using home = await testHome()
    await using companion = await serve(['--home', home.path, '--vault', 'memory'])
    expect(document({ stdout: companion.stdout() })).toMatchObject({ ready: true })
    await companion.seen('stderr', /Warder is running: http:\/\/127\.0\.0\.1:/)
  })

  it('is one a home', async () => {
    await using home = await testHome()
    await using companion = await serve(['--home', home.path, '--vault', 'memory'])
    const second = await warder(['serve', '--home', home.path, '--vault', 'memory', '--json'])
    expect(second.code).toBe(1)
    expect(document(second)).toMatchObject({ error: { code: 'instance.running' } })
    expect((await warder(['status', '--home', home.path])).code).toBe(0)
    expect((await companion.stop()).code).toBe(0)
  })

  it('says so when the port of the token door is taken', async () => {
    await using home = await testHome()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    try {
      const args = [
        'serve',
        '--home',
        home.path,
        '--vault',
        'memory',
        '--port',
        `${port}`,
        '--json',
      ]
      const failed = await warder(args)
      expect(failed.code).toBe(1)
      expect(document(failed)).toMatchObject({ error: { code: 'door.port_taken' } })
    } finally {
      other.close()
    }
  })

  it('leaves behind what starts it again from any folder, without what was for this time only', async () => {
    await using home = await testHome()
    const args = ['--json', '--vault', 'file', '--passphrase-fd', '3']
    const options = { env: { WARDER_HOME: home.path }, fd3: 'a passphrase\n' }
    await using companion = await serve(args, options)
    const run = JSON.parse(await readFile(path.join(home.path, 'run.json'), 'utf8'))
    expect(run.argv).toEqual([
      process.execPath,
      path.resolve('main/cli.ts'),
      'serve',
      '--home',
      home.path,
      '--vault',
      'file',
    ])
    expect((await companion.stop()).code).toBe(0)
  })
})

describe('the passphrase of a vault file', () => {
  const file = (home: string) => [
    '--home',
    home,
    '--vault',
    'file',
    '--passphrase-fd',
    '3',
    '--json',
  ]

  it('is read from its descriptor, without the line break', async () => {
    await using home = await testHome()
    for (const fd3 of ['a passphrase\n', 'a passphrase']) {
      await using companion = await serve(file(home.path), { fd3 })
      expect(document({ stdout: companion.stdout() })).toMatchObject({ vault: 'file' })
      expect((await companion.stop()).code).toBe(0)
    }
    const failed = await startWarder(['serve', ...file(home.path)], { fd3: 'another' }).finished
    expect(failed.code).toBe(1)
    expect(document(failed)).toMatchObject({ error: { code: 'vault.wrong_passphrase' } })
  })

  it('needs a descriptor or a terminal', async () => {
    await using home = await testHome()
    const failed = await warder(['serve', '--home', home.path, '--vault', 'file', '--json'])
    expect(failed.code).toBe(4)
    expect(document(failed)).toMatchObject({ error: { code: 'vault.choose' } })
  })

  it('is asked twice for a new vault, and never shown', async () => {
    await using home = await testHome()
    const running = startOnTerminal(['serve', '--home', home.path, '--vault', 'file'])
    await running.seen('stdout', /Passphrase of the new vault \(not shown\): /)
    running.child.stdin?.write('horse\r')
    await running.seen('stdout', /Once more: /)
    running.child.stdin?.write('hearse\r')
    const failed = await running.finished
    expect(failed.code).toBe(2)
    expect(failed.stdout).toContain('The two passphrases differ; no vault was made.')
    expect(failed.stdout).not.toMatch(/horse|hearse/)
  })
})
