import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createHealth, type ServerEnd } from '../../main/runtime/health.ts'
import { createRuntime } from '../../main/runtime/supervisor.ts'
import { anyRun } from './any-run.ts'
import { script } from './local-server.ts'

const error = new WarderError('server.ended', 's ended with exit code 3.')
const failed: ServerEnd = { wanted: false, answered: false, livedMs: 5, error }

function scene() {
  let now = 0
  const health = createHealth(() => now)
  const fail = (times: number, end = failed) => {
    for (let time = 0; time < times; time++) health.ended('s', 'd', end)
  }
  const pause = () => {
    for (let ms = 0; ms <= 100_000; ms += 500) {
      now += ms === 0 ? 0 : 500
      try {
        health.check('s', 'd')
        return ms
      } catch {
        // Still left alone.
      }
    }
    return Number.POSITIVE_INFINITY
  }
  return { health, fail, pause, pass: (ms: number) => (now += ms) }
}

describe('a local server that ends by itself', () => {
  it('is started again at once a few times, then after pauses that grow and have an end', () => {
    const { fail, pause } = scene()
    fail(4)
    expect(pause()).toBe(0)
    const pauses = Array.from({ length: 9 }, () => {
      fail(1)
      return pause()
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000))
  })

  it('is refused meanwhile with how often it failed, the reason, and when it is tried again', () => {
    const { health, fail } = scene()
    fail(6)
    expect(() => health.check('s', 'd')).toThrow(
      's failed 6 times in a row and is left alone for 2 s more. s ended with exit code 3.',
    )
    expect(health.problem('s')).toBe('s ended with exit code 3.')
    expect(health.problem('other')).toBeNull()
  })

  it('is forgiven when it worked: ended by us after an answer, or after a while of work', () => {
    const { health, fail, pause } = scene()
    fail(4)
    health.ended('s', 'd', { ...failed, wanted: true, answered: true })
    expect(health.problem('s')).toBeNull()
    fail(4)
    expect(pause()).toBe(0)
    fail(1, { ...failed, answered: true, livedMs: 60_000 })
    fail(3)
    expect(pause()).toBe(0)
    fail(1)
    expect(pause()).toBe(1_000)
  })

  it('is not forgiven because we ended it before it answered', () => {
    const { health, fail, pause } = scene()
    fail(4)
    health.ended('s', 'd', { ...failed, wanted: true })
    fail(1)
    expect(pause()).toBe(1_000)
  })

  it('is another one with another definition, and gets another chance when a person asks', () => {
    const { health, fail } = scene()
    fail(9)
    expect(() => health.check('s', 'other')).not.toThrow()
    fail(9)
    health.retry('s')
    expect(() => health.check('s', 'd')).not.toThrow()
  })
})

describe('the runtime', () => {
  it('starts no process of a server that keeps failing, until a person asks', async () => {
    const health = createHealth(() => 0)
    const runtime = createRuntime(anyRun, { health })
    let spawned = 0
    const once = async () => {
      const left = Promise.withResolvers<void>()
      await runtime.start({
        name: 's',
        holds: [],
        definition: script('process.exit(3)'),
        environment: {},
        mask: (text) => text,
        onLine: () => {},
        onExit: () => left.resolve(),
      })
      spawned++
      await left.promise
    }
    for (let time = 0; time < 5; time++) await once()
    await expect(once()).rejects.toMatchObject({
      code: 'server.start_failed',
      message: expect.stringContaining('failed 5 times in a row'),
    })
    expect(spawned).toBe(5)
    expect(runtime.problem('s')).toContain('exit code 3')
    runtime.retry('s')
    await once()
    expect(spawned).toBe(6)
    await runtime.close()
  })
})
