import { describe, expect, it } from 'vitest'
import { followEvents } from '../../renderer/api/event-stream.ts'

/** A stream whose other end the test holds. */
function line() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  return {
    response: new Response(readable),
    send: (text: string) => writer.write(new TextEncoder().encode(text)),
    end: () => writer.close(),
  }
}

describe('the event stream', () => {
  it('hands events to their listeners, however the bytes were cut', async () => {
    const { response, send } = line()
    const events = followEvents(async () => response)
    const heard = Promise.withResolvers<unknown>()
    const end = events.on('state:changed', heard.resolve)
    await send('event: audit:appended\ndata: []\n\nevent: state:cha')
    await send('nged\ndata: {"area":"servers"}\n')
    await send('\n')
    await expect(heard.promise).resolves.toEqual({ area: 'servers' })
    end()
  })

  it('tells every area changed once it is open again', async () => {
    const [first, second] = [line(), line()]
    const lines = [first.response, second.response]
    const events = followEvents(async () => lines.shift() ?? Response.error())
    const areas: string[] = []
    const all = Promise.withResolvers<void>()
    const end = events.on('state:changed', ({ area }) => {
      areas.push(area)
      if (areas.length === 8) all.resolve()
    })
    await first.end()
    await all.promise
    expect(areas).toEqual([
      'status',
      'servers',
      'accounts',
      'clients',
      'secrets',
      'approvals',
      'receipts',
      'status',
    ])
    end()
  })

  it('gives up when the session is over, and says so', async () => {
    let opened = 0
    const events = followEvents(async () => {
      opened += 1
      return new Response('', { status: 401 })
    })
    const area = await new Promise((resolve) => {
      events.on('state:changed', (payload) => resolve(payload.area))
    })
    expect([area, opened]).toEqual(['status', 1])
  })

  it('is opened with the first listener and ended with the last', async () => {
    const signals: AbortSignal[] = []
    const events = followEvents(async (signal) => {
      signals.push(signal)
      return line().response
    })
    expect(signals).toHaveLength(0)
    const one = events.on('state:changed', () => undefined)
    const two = events.on('audit:appended', () => undefined)
    expect(signals).toHaveLength(1)
    one()
    expect(signals[0]?.aborted).toBe(false)
    two()
    expect(signals[0]?.aborted).toBe(true)
  })
})
