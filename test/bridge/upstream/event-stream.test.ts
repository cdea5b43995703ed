import { describe, expect, it } from 'vitest'
import { newCursor, readEvents } from '../../../main/bridge/upstream/event-stream.ts'
import type { AnswerBody } from '../../../main/bridge/upstream/exchange.ts'

function bodyOf(chunks: readonly Buffer[]): AnswerBody {
  const left = [...chunks]
  return { next: async () => left.shift() ?? null, discard() {} }
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
