import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

const insert = 'INSERT INTO meta (key, value) VALUES (?, ?)'

/** A state database whose disk and clock are the test's. */
async function open() {
  const home = await testHome()
  const timers: { run: () => void; stopped: boolean }[] = []
  const syncs: ((error: Error | null) => void)[] = []
  const state = openState(home.path, {
    sync: (_descriptor, done) => void syncs.push(done),
    after(_ms, run) {
      const timer = { run, stopped: false }
      timers.push(timer)
      return () => {
        timer.stopped = true
      }
    },
  })
  const put = state.prepare(insert)
  let counter = 0
  let closed = false
  function close(): void {
    if (!closed) state.close()
    closed = true
  }
  return {
    home,
    state,
    timers,
    syncs,
    write: () => state.transactionSoon(() => void put.run(`key ${++counter}`, 'yes')),
    synchronous: () => state.prepare('PRAGMA synchronous').get()?.synchronous,
    close,
    async [Symbol.asyncDispose]() {
      close()
      await home[Symbol.asyncDispose]()
    },
  }
}

const [NORMAL, FULL] = [1, 2]

describe('what is on disk soon', () => {
  it('goes there once for all that was written meanwhile', async () => {
    await using it = await open()
    it.write()
    it.write()
    expect(it.timers).toHaveLength(1)
    expect(it.syncs).toHaveLength(0)
    it.timers[0]?.run()
    expect(it.syncs).toHaveLength(1)
    it.write()
    expect(it.timers).toHaveLength(2)
  })

  it('waits for the disk at once where the disk failed', async () => {
    await using it = await open()
    it.write()
    expect(it.synchronous()).toBe(NORMAL)
    it.timers[0]?.run()
    it.syncs[0]?.(new Error('EIO'))
    it.write()
    expect(it.synchronous()).toBe(FULL)
    expect(it.timers).toHaveLength(1)
  })

  it('leaves every other transaction as it is', async () => {
    await using it = await open()
    it.write()
    it.state.transaction(() => void it.state.prepare(insert).run('other', 'yes'))
    expect(it.synchronous()).toBe(FULL)
  })

  it('is brought to disk by the end, and no timer is left', async () => {
    await using it = await open()
    it.write()
    it.close()
    expect(it.timers[0]?.stopped).toBe(true)
    expect(existsSync(path.join(it.home.path, 'state.db-wal'))).toBe(false)
    const again = openState(it.home.path)
    expect(again.prepare('SELECT count(*) AS n FROM meta').get()?.n).toBe(1)
    again.close()
  })
})
