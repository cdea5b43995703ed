import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  type NotificationMessage,
  type RequestMessage,
  readMessage,
} from '../../../main/bridge/envelope.ts'
import type { HeldCall } from '../../../main/bridge/eras/held-call.ts'
import { createListening } from '../../../main/bridge/eras/listening.ts'
import { PROGRESS } from '../../../main/bridge/eras/notices.ts'
import { hearServer } from '../../../main/bridge/eras/server-words.ts'
import type { LinkHost } from '../../../main/bridge/upstream/upstream.ts'

const said = (method: string, params: object = {}) =>
  readMessage(JSON.stringify({ jsonrpc: '2.0', method, params })) as NotificationMessage

describe('a client that does not read', () => {
  it.each([
    ['progress', said('notifications/progress', { progressToken: `${PROGRESS}7`, progress: 1 })],
    ['the log', said('notifications/message', { level: 'error', data: 1 })],
    ['a stream', said('notifications/tools/list_changed')],
  ])('has its server wait with %s', async (_what, message) => {
    const room = Promise.withResolvers<void>()
    const host = { onMessage: () => room.promise } as unknown as LinkHost
    const listening = createListening(host)
    const listen = readMessage(
      '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true}}}',
    ) as RequestMessage
    const features = readMessage('{"jsonrpc":"2.0","id":1,"result":{"tools":{}}}')
    const open = listening.listen(
      listen,
      '9',
      features.kind === 'response' ? features.result : undefined,
      () => Promise.reject(new Error('nothing is asked')),
      new AbortController().signal,
    )
    await tick()
    const round = { id: '7', progressToken: '1', logLevel: 'info' }
    const calls = new Map([['7', { round, listener: round, method: 'tools/call' } as HeldCall]])
    const hear = hearServer(host, { calls, listening, refuse: () => undefined })
    let waited = true
    const heard = Promise.resolve(hear(message, null)).then(() => {
      waited = false
    })
    await tick()
    expect(waited).toBe(true)
    room.resolve()
    await heard
    listening.end()
    await open
  })
})

it('tells the log to a client that waits, and keeps it for the one asked last where all have the floor', () => {
  const told: unknown[] = []
  const host = {
    onMessage: (_message: unknown, related: unknown) => void told.push(related),
  } as unknown as LinkHost
  const listener = (id: string) => ({ id, progressToken: null, logLevel: 'info' })
  const asked = (id: string) =>
    ({
      listener: { ...listener(id), later: () => void told.push(`later ${id}`) },
    }) as Partial<HeldCall> as HeldCall
  const calls = new Map([
    ['1', asked('1')],
    ['2', asked('2')],
  ])
  const parts = { calls, listening: createListening(host), refuse: () => undefined }
  const hear = hearServer(host, parts)
  const log = said('notifications/message', { level: 'error', data: 1 })
  hear(log, null)
  hear(log, '1')
  calls.set('0', { listener: listener('0') } as Partial<HeldCall> as HeldCall)
  calls.set('3', asked('3'))
  hear(log, null)
  expect(told).toEqual(['later 2', 'later 1', '0'])
})
