import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../main/bridge/envelope.ts'
import { hearServer } from '../../main/bridge/eras/server-words.ts'
import { limits } from '../../main/bridge/limits.ts'
import { createServerSide } from '../../main/bridge/server-messages.ts'
import type { House, Session } from '../../main/bridge/types.ts'
import { createUnderWay } from '../../main/bridge/under-way.ts'

const question = (id: number, method = 'ping') =>
  readMessage(`{"jsonrpc":"2.0","id":${id},"method":"${method}"}`) as RequestMessage

describe('a server that asks on and takes no answers', () => {
  it('is read on while there are few, and then no sooner than it has taken one', async () => {
    const taken = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    const underWay = createUnderWay(3)
    const waits = taken.slice(0, 3).map(({ promise }) => underWay(promise))
    expect(waits.slice(0, 2)).toEqual([undefined, undefined])
    taken[0]?.reject(new Error('it went away'))
    taken[2]?.resolve()
    await waits[2]
    expect(underWay(taken[3]?.promise ?? Promise.resolve())).toBeUndefined()
  })

  it('is not read on where a client of sessions is asked', async () => {
    const session = { channelFor: () => null } as unknown as Session
    const side = createServerSide(() => session, {} as House)
    const taken = Promise.withResolvers<void>()
    const ask = (id: number) => side.receive(question(id), null, () => taken.promise)
    for (let id = 1; id < limits.inFlight; id++) expect(ask(id)).toBeUndefined()
    const waits = ask(limits.inFlight)
    expect(waits).toBeInstanceOf(Promise)
    taken.resolve()
    await waits
    expect(ask(0)).toBeUndefined()
  })

  it('is not read on where a client without sessions cannot be asked', () => {
    const refused = Promise.resolve()
    const hear = hearServer(
      { onMessage: () => {} } as unknown as Parameters<typeof hearServer>[0],
      {
        calls: new Map(),
        listening: { hear: () => false } as unknown as Parameters<
          typeof hearServer
        >[1]['listening'],
        refuse: () => refused,
      },
    )
    expect(hear(question(1, 'roots/list'), null)).toBe(refused)
  })
})
