import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../main/bridge/envelope.ts'
import { createLasting } from '../../main/bridge/lasting.ts'

const request = (method: string, params: string) =>
  readMessage(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`) as RequestMessage

describe('what a server is asked again', () => {
  it('does not keep the message that asked first, however its URI is written', () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const used = () => {
      gc()
      return process.memoryUsage().heapUsed
    }
    const size = 2 * 1024 * 1024
    const lasting = createLasting()
    // Of 1,001 characters, and more than any that is copied as it was written.
    const spelled = '\\u0061'.repeat(1_000)
    const agree = (at: number) =>
      lasting.agreed(
        request('resources/subscribe', `{"pad":"${'x'.repeat(size)}","uri":"${spelled}${at}"}`),
      )
    const before = used()
    for (let at = 0; at < 9; at++) agree(at)
    expect(used() - before).toBeLessThan(3 * size)
    const [first] = lasting.again(() => true)
    expect(JSON.parse(first?.text ?? '').params).toEqual({ uri: `${'a'.repeat(1_000)}0` })
  })

  it('is the level of logs that it agreed to last, and nothing that is no level', () => {
    const lasting = createLasting()
    for (const level of ['debug', 'error', 'x'.repeat(100), 'Debug'])
      lasting.agreed(request('logging/setLevel', JSON.stringify({ level })))
    expect(lasting.again(() => true).map(({ text }) => JSON.parse(text).params)).toEqual([
      { level: 'error' },
    ])
  })
})
