import { describe, expect, it } from 'vitest'
import { startLocalServer } from '../../main/runtime/process.ts'
import { processGroup } from '../../main/runtime/process-group.ts'
import { createRuntime, type StartOptions } from '../../main/runtime/supervisor.ts'
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

const names = (runtime: ReturnType<typeof createRuntime>) =>
  runtime.running().map(({ name }) => name)

describe('createRuntime', () => {
  it('ends exactly the servers that hold a grant', async () => {
    const runtime = createRuntime()
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

  it('ends every instance of a server', async () => {
    const runtime = createRuntime()
    try {
      for (const name of ['one', 'one', 'two']) await runtime.start(optionsFor(name))
      expect(await runtime.endServer('one')).toBe(2)
      expect(names(runtime)).toEqual(['two'])
    } finally {
      await runtime.close()
    }
  })

  it('ends a server whose grant is revoked while it starts', async () => {
    const { promise: revoked, resolve: revoke } = Promise.withResolvers<void>()
    const pids: number[] = []
    const runtime = createRuntime(async (options) => {
      await revoked
      const server = await startLocalServer(options)
      pids.push(server.pid)
      return server
    })
    const starting = runtime.start(optionsFor('late', ['g1']))
    const ending = runtime.endHolding('g1')
    revoke()
    await expect(starting).rejects.toMatchObject({ code: 'server.start_failed' })
    expect(await ending).toBe(1)
    expect(pids.map((pid) => processGroup(pid).alive())).toEqual([false])
    await runtime.close()
  })

  it('forgets a server that left by itself or never started', async () => {
    const runtime = createRuntime()
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    await runtime.start({ ...optionsFor('brief'), definition: script(''), onExit: () => leave() })
    await left
    const broken = { ...optionsFor('broken'), definition: { command: 'no-such-program', args: [] } }
    await expect(runtime.start(broken)).rejects.toMatchObject({ code: 'server.start_failed' })
    await runtime.close()
    expect(runtime.running()).toEqual([])
  })

  it('starts nothing after it was closed', async () => {
    const runtime = createRuntime()
    const server = await runtime.start(optionsFor('one'))
    await runtime.close()
    expect(processGroup(server.pid).alive()).toBe(false)
    await expect(runtime.start(optionsFor('two'))).rejects.toMatchObject({
      code: 'server.start_failed',
    })
  })
})
