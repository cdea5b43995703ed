import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../main/bridge/envelope.ts'
import { createLasting } from '../../main/bridge/lasting.ts'
import { limits } from '../../main/bridge/limits.ts'
import { createBudget } from '../../main/runtime/budget.ts'
import { heapUsed } from './support/heap.ts'

const written = (method: string, params: string) =>
  readMessage(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`) as RequestMessage
const request = (method: string, params: object) => written(method, JSON.stringify(params))
const subscribe = (uri: string) => request('resources/subscribe', { uri })
const unsubscribe = (uri: string) => request('resources/unsubscribe', { uri })
const uriOf = (name: string) => `x://${name.repeat(996)}`

/** Room for so many resources of 1,000 characters. */
function lastingFor(resources: number) {
  const all = resources * (2_000 + limits.subscriptionBytes)
  const { answers } = createBudget({ each: all, asked: all, kept: all, all }).of('one')
  const lasting = createLasting(answers)
  return {
    lasting,
    has: (name: string) => lasting.asked(subscribe(uriOf(name)))(true),
    /** All of it is there. */
    isFree() {
      const free = answers.take(all)
      if (free) answers.give(all)
      return free
    },
  }
}
const busy = expect.objectContaining({ code: 'bridge.busy' })

describe('what a session is subscribed to', () => {
  it('counts, and what has no room is refused before its server is asked', () => {
    const { lasting, has } = lastingFor(2)
    has('a')
    has('b')
    expect(() => has('c')).toThrow(busy)
    expect(lasting.again(() => true)).toHaveLength(2)
  })

  it('counts from the question on, as many as are asked at the same time', () => {
    const { lasting, has } = lastingFor(2)
    const settle = ['a', 'b'].map((name) => lasting.asked(subscribe(uriOf(name))))
    expect(() => has('c')).toThrow(busy)
    settle[0]?.(false)
    has('c')
    expect(() => has('d')).toThrow(busy)
  })

  it('counts one resource once, however often it is asked for', () => {
    const { has } = lastingFor(2)
    has('a')
    has('a')
    has('b')
  })

  const ends: [string, (scene: ReturnType<typeof lastingFor>) => unknown][] = [
    ['the server refuses it', ({ lasting }) => lasting.asked(subscribe(uriOf('b')))(false)],
    [
      'the first word is that the server refuses it',
      ({ lasting }) => {
        const settle = lasting.asked(subscribe(uriOf('b')))
        settle(false)
        settle(true)
        settle(false)
      },
    ],
    ['the client has unsubscribed', ({ lasting }) => lasting.asked(unsubscribe(uriOf('a')))(true)],
    ['the client begins anew', ({ lasting }) => lasting.clear()],
    ['the session has ended', ({ lasting }) => lasting.close()],
    [
      'the server agrees when the session has ended',
      ({ lasting }) => {
        const settle = lasting.asked(subscribe(uriOf('b')))
        lasting.close()
        settle(true)
      },
    ],
  ]
  it.each(ends)('counts no more once %s', (_when, end) => {
    const scene = lastingFor(2)
    scene.has('a')
    end(scene)
    scene.lasting.asked(unsubscribe(uriOf('a')))(true)
    expect(scene.isFree()).toBe(true)
  })

  it('counts on where the server does not let the client unsubscribe', () => {
    const { lasting, has, isFree } = lastingFor(1)
    has('a')
    lasting.asked(unsubscribe(uriOf('a')))(false)
    expect(isFree()).toBe(false)
  })

  it('is asked for again with the same URI, however that was written', () => {
    const { lasting } = lastingFor(1)
    lasting.asked(written('resources/subscribe', '{"uri":"x:\\u0022"}'))(true)
    expect(lasting.again((uri) => uri.string() === 'x:"').map(({ text }) => text)).toEqual([
      expect.stringContaining('"params":{"uri":"x:\\""}'),
    ])
  })
})

describe('what a server is asked again', () => {
  /** Of 1,001 characters, and more than any that is copied as it was written. */
  const spelled = '\\u0061'.repeat(1_000)

  it.each([
    ['long', 9, 2 * 1024 * 1024, spelled],
    ['short', 900, 15_000, 'file:///home/me/'],
  ])('does not keep the %s message that asked first', (_, count, size, uri) => {
    const lasting = createLasting()
    const agree = (at: number) =>
      lasting.asked(
        written('resources/subscribe', `{"pad":"${'x'.repeat(size)}","uri":"${uri}${at}"}`),
      )(true)
    const before = heapUsed()
    for (let at = 0; at < count; at++) agree(at)
    expect(heapUsed() - before).toBeLessThan((count * size) / 3)
    const [first] = lasting.again(() => true)
    expect(JSON.parse(first?.text ?? '').params).toEqual({ uri: JSON.parse(`"${uri}0"`) })
  })

  it('is the level of logs that it agreed to last, and nothing that is no level', () => {
    const lasting = createLasting()
    for (const level of ['debug', 'error', 'x'.repeat(100), 'Debug'])
      lasting.asked(request('logging/setLevel', { level }))(true)
    expect(lasting.again(() => true).map(({ text }) => JSON.parse(text).params)).toEqual([
      { level: 'error' },
    ])
  })
})
