import { describe, expect, it } from 'vitest'
import { newCursor, readEvents, readText } from '../../../main/bridge/upstream/event-stream.ts'
import type { AnswerBody } from '../../../main/bridge/upstream/exchange.ts'

function bodyOf(chunks: readonly Buffer[]): AnswerBody {
  const left = [...chunks]
  return { next: async () => left.shift() ?? null, whole: () => null, discard() {} }
}

async function textsOf(...chunks: Buffer[]): Promise<string[]> {
  const texts: string[] = []
  for await (const message of readEvents(bodyOf(chunks), newCursor())) texts.push(message.text)
  return texts
}

const ping = '{"jsonrpc":"2.0","method":"notifications/x","params":{"a":"€ 😀"}}'
const event = Buffer.from(`data: ${ping}\n\n`)

describe('a stream of events', () => {
  it('may be cut anywhere, also inside a character', async () => {
    for (let at = 1; at < event.length; at++)
      expect(await textsOf(event.subarray(0, at), event.subarray(at)), `${at}`).toEqual([ping])
  })

  it('may begin with a byte order mark, whole or cut', async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), event])
    expect(await textsOf(marked)).toEqual([ping])
    expect(await textsOf(marked.subarray(0, 1), marked.subarray(1))).toEqual([ping])
  })

  it('keeps the same sign inside a message, also where a piece begins with it', async () => {
    const text = '{"jsonrpc":"2.0","method":"x","params":{"a":"\ufeff"}}'
    const marked = Buffer.from(`data: ${text}\n\n`)
    for (let at = 1; at < marked.length; at++)
      expect(await textsOf(marked.subarray(0, at), marked.subarray(at)), `${at}`).toEqual([text])
  })

  it.each([
    ['whole', [Buffer.from('data: "'), Buffer.from([0xff]), Buffer.from('"\n\n')]],
    ['after a cut character', [event.subarray(0, event.indexOf(0xe2) + 1), Buffer.from('x\n\n')]],
  ])('is refused where it is not UTF-8: %s', async (_, chunks) => {
    await expect(textsOf(...chunks)).rejects.toMatchObject({ code: 'server.protocol' })
  })
})

describe('what has come of an answer', () => {
  const long = Buffer.from(
    `data: {"jsonrpc":"2.0","method":"x","params":{"a":"${'a'.repeat(20_000)}"}}\n\n`,
  )

  function counting() {
    let held = 0
    const take = (bytes: number) => {
      held += bytes
      return true
    }
    return { room: { take, give: (bytes: number) => void take(-bytes) }, held: () => held }
  }

  it('counts while it waits for the rest, from its first piece on', async () => {
    const { room, held } = counting()
    const rest = Promise.withResolvers<Buffer | null>()
    const pieces = [Promise.resolve(long), rest.promise]
    const waited = Promise.withResolvers<void>()
    const body: AnswerBody = {
      next() {
        if (pieces.length === 1) waited.resolve()
        return pieces.shift() ?? Promise.resolve(null)
      },
      whole: () => null,
      discard() {},
    }
    const text = readText(body, room)
    await waited.promise
    expect(held()).toBe(long.length)
    rest.resolve(null)
    expect(await text).toHaveLength(long.length)
    expect(held()).toBe(0)
  })

  it('counts while its events wait for who reads them', async () => {
    const { room, held } = counting()
    const events = readEvents(bodyOf([long, long]), newCursor(), room)
    await events.next()
    expect(held()).toBe(long.length)
    await events.next()
    expect(held()).toBe(long.length)
    await events.next()
    expect(held()).toBe(0)
  })
})
