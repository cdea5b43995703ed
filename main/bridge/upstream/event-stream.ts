import { createParser } from 'eventsource-parser'
import { isWarderError, WarderError } from '../../errors.ts'
import type { Dispatcher } from '../../net/dialer.ts'
import { type Message, readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'

/** Where a stream of server-sent events can be taken up again (MCP 2025-11-25, Resumability and Redelivery). */
export interface Cursor {
  lastEventId: string | null
  /** What the server asked for before the next attempt, in milliseconds. */
  retryMs: number
}

const RETRY_MS = { least: 100, usual: 1_000, most: 60_000 } as const

export const newCursor = (): Cursor => ({ lastEventId: null, retryMs: RETRY_MS.usual })

/**
 * The messages of one stream, in order, until it ends; the cursor follows.
 *
 * @throws WarderError `server.protocol`, `bridge.too_large`, and what reading the body throws where it broke
 */
export async function* readEvents(
  body: Dispatcher.ResponseData['body'],
  cursor: Cursor,
): AsyncGenerator<Message> {
  const messages: Message[] = []
  let waiting = 0
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      waiting = 0
      // The id travels back in a header.
      if (id !== undefined && /^[\x21-\x7e]{1,1024}$/.test(id)) cursor.lastEventId = id
      // An event without data only carries an id to resume from.
      if ((event === undefined || event === 'message') && data !== '')
        messages.push(readServerMessage(data))
    },
    onRetry: (ms) => {
      cursor.retryMs = Math.min(Math.max(ms, RETRY_MS.least), RETRY_MS.most)
    },
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // Not destroyed by the reader that has its answer: the rest is short, and the connection serves the next call.
  const chunks: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false })
  for await (const chunk of chunks) {
    waiting += chunk.length
    if (waiting > limits.messageBytes) throw tooLarge()
    parser.feed(decode(decoder, chunk, true))
    yield* messages.splice(0)
  }
}

/** The whole body as text. @throws WarderError `server.protocol`, `bridge.too_large` */
export async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limits.messageBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return decode(new TextDecoder('utf-8', { fatal: true }), Buffer.concat(chunks), false)
}

/** @throws WarderError `server.protocol`: what is wrong with an answer is not the client's doing */
export function readServerMessage(text: string): Message {
  try {
    return readMessage(text)
  } catch (cause) {
    if (!isWarderError(cause, 'bridge.malformed')) throw cause
    throw notMcp('something that is not a message', cause)
  }
}

export const notMcp = (what: string, cause?: unknown) =>
  new WarderError('server.protocol', `The server answered with ${what}.`, { cause })

const tooLarge = () =>
  new WarderError(
    'bridge.too_large',
    'The server sent a message that is larger than Warder forwards.',
  )

function decode(decoder: TextDecoder, bytes: Buffer, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream })
  } catch (cause) {
    throw notMcp('bytes that are not UTF-8', cause)
  }
}
