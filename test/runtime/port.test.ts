import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort, readListeners, untilListening } from '../../main/runtime/port.ts'

const listen = async (port: number) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

describe('the port of a local server', () => {
  it('is waited for, and ours', async () => {
    const port = await freePort()
    const waiting = untilListening(port, AbortSignal.timeout(30_000))
    const server = await listen(port)
    await waiting
    server.close()
  })

  it('that another user has is refused', async () => {
    const port = await freePort()
    const server = await listen(port)
    const other = (process.getuid?.() ?? 0) + 1
    const waiting = untilListening(port, AbortSignal.timeout(30_000), () => [other - 1, other])
    await expect(waiting).rejects.toMatchObject({ code: 'server.unsafe' })
    server.close()
  })

  it('is given up with the server', async () => {
    const ended = new AbortController()
    const waiting = untilListening(await freePort(), ended.signal)
    ended.abort(new Error('it ended'))
    await expect(waiting).rejects.toThrow('it ended')
  })

  it('is looked up among those that listen, as the kernel lists them', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
   2: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 3 1 0 100 0 0 10 0
   3: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0  1003 0 4`
    expect(readListeners(table, 8080)).toEqual([1000, 1003])
    expect(readListeners(table, 8081)).toEqual([1002])
  })
})
