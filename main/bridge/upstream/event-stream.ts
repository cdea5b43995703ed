import { isUtf8 } from 'node:buffer'
import { createParser } from 'eventsource-parser'
import { isWarderError, WarderError } from '../../errors.ts'
import { ANSWER_NOT_COUNTED, BOUNDLESS, countHeld, type Room } from '../../runtime/budget.ts'
import { createGrowing, type Growing } from '../../runtime/growing.ts'
import { type Message, readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import type { AnswerBody } from './exchange.ts'

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
 * @throws WarderError `server.protocol`, `bridge.too_large`, `bridge.busy`, and what reading the body throws where it broke
 */
export async function* readEvents(
  body: AnswerBody,
  cursor: Cursor,
  room: Room = BOUNDLESS,
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
  const decode = createDecode()
  let hasRoom: ReturnType<typeof countHeld> | undefined
  try {
    for (let chunk = await body.next(); chunk !== null; chunk = await body.next()) {
      waiting += chunk.length
      if (waiting > limits.answerBytes) throw tooLarge()
      if (waiting > ANSWER_NOT_COUNTED) hasRoom ??= counted(room)
      if (hasRoom?.(waiting) === false) throw noRoom()
      parser.feed(decode(chunk))
      // They wait for who reads them slowly, and count for as long.
      yield* messages.splice(0)
      hasRoom?.(waiting)
    }
  } finally {
    hasRoom?.(0)
  }
}

/**
 * The whole body as text; at once where it is there with its header fields, as most are.
 *
 * @throws WarderError `server.protocol`, `bridge.too_large`, `bridge.busy`; also before it returns
 */
export function readText(body: AnswerBody, room: Room = BOUNDLESS): string | Promise<string> {
  const whole = body.whole()
  return whole === null ? readPieces(body, room) : textOf(whole)
}

async function readPieces(body: AnswerBody, room: Room): Promise<string> {
  let first = (await body.next()) ?? NOTHING
  let whole: Growing | undefined
  // Those that are short are not counted either.
  let hasRoom = first.length > ANSWER_NOT_COUNTED ? counted(room) : undefined
  try {
    if (hasRoom?.(first.length) === false) throw noRoom()
    for (let chunk = await body.next(); chunk !== null; chunk = await body.next()) {
      if (whole === undefined) {
        whole = createGrowing(limits.answerBytes)
        whole.push(first)
        first = NOTHING
      }
      hasRoom ??= counted(room)
      if (whole.length() + chunk.length > limits.answerBytes) throw tooLarge()
      if (!hasRoom(whole.sizeWith(chunk.length))) throw noRoom()
      whole.push(chunk)
    }
    return textOf(whole?.bytes() ?? first)
  } finally {
    whole?.free()
    hasRoom?.(0)
  }
}

const NOTHING = Buffer.alloc(0)
const counted = (room: Room) => countHeld(room, ANSWER_NOT_COUNTED)

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw notMcp('bytes that are not UTF-8')
  const text = bytes.toString('utf8')
  // A byte order mark is no part of the text (RFC 8259 §8.1).
  return text.startsWith('\ufeff') ? text.slice(1) : text
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

const noRoom = () => new WarderError('bridge.busy', 'There is no room for more of this answer.')

/** Decodes a stream piece by piece. Most come whole; a decoder that remembers is only made for one that ends in a character. */
function createDecode(): (bytes: Buffer) => string {
  let decoder: TextDecoder | undefined
  let isFirst = true
  return (bytes) => {
    // A byte order mark is the decoder's business as well: at the beginning alone, elsewhere it is a character.
    const ignoreBOM = !isFirst
    isFirst &&= bytes.length === 0
    if (decoder === undefined && bytes[0] !== 0xef && isUtf8(bytes)) return bytes.toString('utf8')
    decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM })
    try {
      return decoder.decode(bytes, { stream: true })
    } catch (cause) {
      throw notMcp('bytes that are not UTF-8', cause)
    }
  }
}
