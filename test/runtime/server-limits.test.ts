import { describe, expect, it } from 'vitest'
import { processGroup } from '../../main/runtime/process-group.ts'
import { limited, unlimitable, watchUsage } from '../../main/runtime/server-limits.ts'
import { psUsage, type Usage, usageOf } from '../../main/runtime/usage.ts'
import { manualTimer } from '../bridge/support/timer.ts'
import { script, startTestServer } from './local-server.ts'

const MIB = 1024 * 1024
const linux = process.platform === 'linux'

/** Takes memory until somebody ends it. */
const eater = `
const eaten = []
const eat = () => { eaten.push(Buffer.alloc(8 * ${MIB}, 1)); setTimeout(eat, 1) }
eat()`

const parentOf = (child: string) => `
const { spawn } = require('node:child_process')
const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'ignore' })
setInterval(() => {}, 1e9)`

describe.runIf(linux)('a local server', () => {
  it.each([
    ['itself', eater],
    ['in what it started', parentOf(eater)],
  ])('that takes too much memory %s is ended, all of it, with the reason', async (_who, code) => {
    await using server = await startTestServer({
      definition: script(code),
      limits: { memoryMiB: 256 },
    })
    const { error, wanted } = await server.exit
    expect(error).toMatchObject({
      code: 'server.over_limit',
      message: expect.stringMatching(
        /^notes used \d+ MiB of memory, and may use 256, so it was ended\.$/,
      ),
    })
    expect(wanted).toBe(false)
    await server.process.stop()
    expect(processGroup(server.process.pid).alive()).toBe(false)
  })

  it('that runs too many processes is ended', async () => {
    const many = `
      const { spawn } = require('node:child_process')
      for (let count = 0; count < 3; count++) spawn('sleep', ['1000'])
      process.stdin.resume()`
    await using server = await startTestServer({
      definition: script(many),
      limits: { processes: 3 },
    })
    expect((await server.exit).error).toMatchObject({
      code: 'server.over_limit',
      message: 'notes ran 4 processes, and may run 3, so it was ended.',
    })
  })

  it('opens so many files, and its own process is the one that was started', async () => {
    const opener = `
      const { openSync } = require('node:fs')
      let count = 0
      try { for (;;) { openSync('/dev/null', 'r'); count++ } } catch (error) { console.log(error.code) }
      console.log(count)
      console.log(process.pid)
      process.stdin.resume()`
    await using server = await startTestServer({
      definition: script(opener),
      limits: { openFiles: 64 },
    })
    expect(await server.nextLine()).toBe('EMFILE')
    const opened = Number(await server.nextLine())
    expect(opened).toBeGreaterThan(0)
    expect(opened).toBeLessThan(64)
    expect(Number(await server.nextLine())).toBe(server.process.pid)
  })

  it('may use as much as its limits say, for as long as it likes', async () => {
    await using server = await startTestServer({
      definition: script(`console.log('ready'); process.stdin.pipe(process.stdout)`),
      limits: { memoryMiB: 1_024, processes: 1, openFiles: 256 },
    })
    await server.nextLine()
    const used = await usageOf(server.process.pid)
    expect(used.processes).toBe(1)
    expect(used.bytes).toBeGreaterThan(MIB)
    expect(used.bytes).toBeLessThan(512 * MIB)
    // What other systems are asked knows the same process.
    expect((await psUsage(server.process.pid)).processes).toBe(1)
    expect((await psUsage(server.process.pid)).bytes).toBeGreaterThan(MIB)
    await server.process.send('still there')
    expect(await server.nextLine()).toBe('still there')
  })
})

describe('the watch', () => {
  const limits = { memoryMiB: 100, processes: 2 }

  /** @returns what it said, after each look */
  async function watched(used: readonly (Usage | Error)[]) {
    const { timer, pass } = manualTimer()
    const said: string[] = []
    let looks = 0
    const end = watchUsage({
      ...{ name: 'notes', group: 1, limits, after: timer.after },
      over: ({ message }) => said.push(message),
      measure: async () => {
        const one = used[looks++]
        if (one instanceof Error || one === undefined) throw one
        return one
      },
    })
    return {
      said,
      looks: () => looks,
      end,
      async look() {
        pass(1_000)
        await new Promise(setImmediate)
      },
    }
  }
  const fits: Usage = { processes: 2, bytes: 100 * MIB }

  it('looks on while all is within the limits, and no more once it is not', async () => {
    const watch = await watched([fits, fits, { ...fits, bytes: 100 * MIB + 1 }, fits])
    await watch.look()
    await watch.look()
    expect(watch.said).toEqual([])
    await watch.look()
    await watch.look()
    expect(watch.said).toEqual(['notes used 101 MiB of memory, and may use 100, so it was ended.'])
    expect(watch.looks()).toBe(3)
  })

  it('ends a server that cannot be watched', async () => {
    const watch = await watched([new Error('no /proc here')])
    await watch.look()
    expect(watch.said).toEqual(['notes cannot be watched, as its limits need, so it was ended.'])
  })

  it('says nothing after its end, and looks no more', async () => {
    const watch = await watched([{ processes: 3, bytes: 0 }])
    watch.end()
    await watch.look()
    expect([watch.said, watch.looks()]).toEqual([[], 0])
  })

  it('does not look where there is nothing to look at', () => {
    const after = () => {
      throw new Error('no timer is wanted')
    }
    watchUsage({ name: 'notes', group: 1, limits: { openFiles: 64 }, over: () => {}, after })
  })
})

describe('a limit that the system cannot keep', () => {
  it.each([
    [{ memoryMiB: 64 }, 'win32', false, 'memory and processes'],
    [{ processes: 2 }, 'win32', false, 'memory and processes'],
    [{ openFiles: 64 }, 'win32', false, '/usr/bin/prlimit'],
    [{ openFiles: 64 }, 'darwin', false, '/usr/bin/prlimit'],
    [{ openFiles: 64 }, 'linux', false, '/usr/bin/prlimit'],
    [{ openFiles: 64, memoryMiB: 64 }, 'linux', true, null],
    [{ memoryMiB: 64, processes: 2 }, 'darwin', false, null],
    [{}, 'win32', false, null],
  ] as const)(
    '%j on %s (prlimit: %s) is a reason not to start',
    (limits, platform, there, words) => {
      const problem = unlimitable(limits, platform, there)
      if (words === null) expect(problem).toBeNull()
      else expect(problem).toContain(words)
    },
  )

  it.runIf(linux)('is never more than the system lets anybody have', () => {
    const { args } = limited('/bin/true', ['a'], { openFiles: Number.MAX_SAFE_INTEGER })
    expect(args[0]).toMatch(/^--nofile=(\d{1,15}):\1$/)
    expect(args.slice(1)).toEqual(['--', '/bin/true', 'a'])
    expect(limited('/bin/true', ['a'], {})).toEqual({ file: '/bin/true', args: ['a'] })
  })
})
