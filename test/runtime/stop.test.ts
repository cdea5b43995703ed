import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { HURRIED_MS, type StopTimer } from '../../main/runtime/stop.ts'
import { script, startTestServer } from './local-server.ts'

/** A clock that goes on only while somebody waits, and never past its end. */
function countingTimer(end: number): StopTimer {
  let time = 0
  return {
    now: () => time,
    async sleep(ms, signal) {
      for (let left = ms; left > 0 && !signal?.aborted; left -= 10) {
        await setImmediate()
        if (!signal?.aborted) time = Math.min(time + 10, end)
      }
    },
  }
}

const grace = { inputMs: 2_000, termMs: 2_000, killMs: Number.MAX_SAFE_INTEGER }

describe('the end of a server that ignores the end of its input and SIGTERM', () => {
  const start = async (end: number) => {
    const timer = countingTimer(end)
    const server = await startTestServer({
      definition: script(
        `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e9); console.log('up')`,
      ),
      grace,
      stopTimer: timer,
    })
    await server.nextLine()
    return { server, timer }
  }

  it('comes by SIGKILL after all its time where nothing hurries', async () => {
    const { server, timer } = await start(Number.POSITIVE_INFINITY)
    await server.process.stop()
    expect(await server.exit).toMatchObject({ signal: 'SIGKILL' })
    expect(timer.now()).toBeGreaterThanOrEqual(grace.inputMs + grace.termMs)
  })

  it('comes by SIGKILL within half a second where it holds what was revoked', async () => {
    // Later than this it never gets: whoever waits longer waits for ever.
    const { server } = await start(HURRIED_MS)
    await server.process.stop('at-once')
    expect(await server.exit).toMatchObject({ signal: 'SIGKILL' })
  })

  it('is hurried in the middle of its time', async () => {
    const { server, timer } = await start(grace.inputMs + HURRIED_MS)
    const inOrder = server.process.stop()
    while (timer.now() < 1_000) await setImmediate()
    await server.process.stop('at-once')
    await inOrder
    expect(await server.exit).toMatchObject({ signal: 'SIGKILL' })
  })
})

it('asks with SIGTERM at once what holds what was revoked, and lets it answer that', async () => {
  await using server = await startTestServer({
    definition: script(
      `process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1e9); console.log('up')`,
    ),
    grace,
    stopTimer: countingTimer(0),
  })
  await server.nextLine()
  await server.process.stop('at-once')
  expect(await server.exit).toMatchObject({ code: 9, signal: null })
})
