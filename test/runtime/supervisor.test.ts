import { describe, expect, it } from 'vitest'
import { startLocalServer } from '../../main/runtime/process.ts'
import { processGroup } from '../../main/runtime/process-group.ts'
import type { Run } from '../../main/runtime/runs.ts'
import { createRuntime, type Runtime, type StartOptions } from '../../main/runtime/supervisor.ts'
import { anyRun } from './any-run.ts'
import { patient, script } from './local-server.ts'

const optionsFor = (name: string, holds: string[] = []): StartOptions => ({
  name,
  holds,
  definition: script('process.stdin.resume()'),
  environment: {},
  mask: (text) => text,
  onLine: () => {},
  onExit: () => {},
  grace: patient,
})

const names = (runtime: Runtime) => runtime.running().map(({ name }) => name)

describe('createRuntime', () => {
  it('ends exactly the servers that hold a grant', async () => {
    const runtime = createRuntime(anyRun)
    try {
      const [one, , three] = [
        await runtime.start(optionsFor('one', ['g1'])),
        await runtime.start(optionsFor('two', ['g2'])),
        await runtime.start(optionsFor('three', ['g2', 'g1'])),
      ]
      expect(await runtime.endHolding('g1')).toBe(2)
      expect([one.pid, three.pid].filter((pid) => processGroup(pid).alive())).toEqual([])
      expect(names(runtime)).toEqual(['two'])
      expect(await runtime.endHolding('g1')).toBe(0)
    } finally {
      await runtime.close()
    }
  })

  it('ends every server at once, those that just start too, and names each', async () => {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const runtime = createRuntime(anyRun, {
      start: async (options) => {
        if (options.name === 'late') begin()
        if (options.name === 'late') await stopped
        return startLocalServer(options)
      },
    })
    try {
      const one = await runtime.start(optionsFor('one'))
      const two = await runtime.start(optionsFor('one'))
      const starting = runtime.start(optionsFor('late'))
      await begun
      const ending = runtime.endAll()
      stop()
      await expect(starting).rejects.toMatchObject({ code: 'server.start_failed' })
      const ended = await ending
      expect(ended).toEqual([
        { name: 'one', pid: one.pid, ended: true },
        { name: 'one', pid: two.pid, ended: true },
        { name: 'late', pid: expect.any(Number), ended: true },
      ])
      expect(ended.filter(({ pid }) => processGroup(pid).alive())).toEqual([])
      expect(names(runtime)).toEqual([])
    } finally {
      await runtime.close()
    }
  })

  it.each(['a revocation', 'a stop'])(
    '%s hurries an end that is under way with all its time',
    async (what) => {
      const runtime = createRuntime(anyRun)
      const up = Promise.withResolvers<void>()
      const server = await runtime.start({
        ...optionsFor('stubborn', ['g1']),
        definition: script(
          `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e9); console.log('up')`,
        ),
        onLine: () => up.resolve(),
        // Nobody would wait for this.
        grace: { inputMs: 2 ** 30, termMs: 2 ** 30, killMs: 20_000 },
      })
      await up.promise
      const inOrder = server.stop()
      await (what === 'a stop' ? runtime.endAll() : runtime.endHolding('g1'))
      expect(processGroup(server.pid).alive()).toBe(false)
      await inOrder
      await runtime.close()
    },
  )

  it('ends a server whose grant is revoked while it starts', async () => {
    const { promise: revoked, resolve: revoke } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const pids: number[] = []
    const runtime = createRuntime(anyRun, {
      start: async (options) => {
        begin()
        await revoked
        const server = await startLocalServer(options)
        pids.push(server.pid)
        return server
      },
    })
    const starting = runtime.start(optionsFor('late', ['g1']))
    await begun
    const ending = runtime.endHolding('g1')
    revoke()
    await expect(starting).rejects.toMatchObject({ code: 'server.start_failed' })
    expect(await ending).toBe(1)
    expect(pids.map((pid) => processGroup(pid).alive())).toEqual([false])
    await runtime.close()
  })

  it.each([
    ['a revocation', (runtime: Runtime) => runtime.endHolding('g1')],
    ['a stop', (runtime: Runtime) => runtime.endAll()],
    ['the end of Warder', (runtime: Runtime) => runtime.close()],
  ])('%s does not wait for a package that is being installed', async (_what, end) => {
    const installed = Promise.withResolvers<Run>()
    const started: string[] = []
    const runtime = createRuntime(
      { confirmed: () => installed.promise },
      {
        start(options) {
          started.push(options.name)
          return startLocalServer(options)
        },
      },
    )
    const options = optionsFor('late', ['g1'])
    const starting = runtime.start(options)
    const refused = expect(starting).rejects.toMatchObject({ code: 'server.start_failed' })
    await end(runtime)
    await refused
    installed.resolve(await anyRun.confirmed(options))
    await runtime.close()
    expect([started, names(runtime)]).toEqual([[], []])
  })

  it('forgets a server that left by itself or never started', async () => {
    const runtime = createRuntime(anyRun)
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    await runtime.start({ ...optionsFor('brief'), definition: script(''), onExit: () => leave() })
    await left
    const broken = { ...optionsFor('broken'), definition: { command: 'no-such-program', args: [] } }
    await expect(runtime.start(broken)).rejects.toMatchObject({ code: 'server.start_failed' })
    await runtime.close()
    expect(runtime.running()).toEqual([])
  })

  it('has each watched from its first moment to the end of its group', async () => {
    const told: string[] = []
    const runtime = createRuntime(anyRun, {
      watch: {
        add: (group) => told.push(`+${group} ${processGroup(group).alive()}`),
        remove: (group) => told.push(`-${group} ${processGroup(group).alive()}`),
        close: () => told.push('closed'),
      },
    })
    const { pid } = await runtime.start(optionsFor('one'))
    await runtime.close()
    expect([...new Set(told)]).toEqual([`+${pid} true`, `-${pid} false`, 'closed'])
  })

  it('starts nothing after it was closed', async () => {
    const runtime = createRuntime(anyRun)
    const server = await runtime.start(optionsFor('one'))
    await runtime.close()
    expect(processGroup(server.pid).alive()).toBe(false)
    await expect(runtime.start(optionsFor('two'))).rejects.toMatchObject({
      code: 'server.start_failed',
    })
  })
})
