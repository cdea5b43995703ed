import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { WarderError } from '../errors.ts'
import { BOUNDLESS, countHeld, type Room } from './budget.ts'
import { createGrowing } from './growing.ts'

/** MCP's framing on byte streams: one message a line, UTF-8, no line break inside (MCP stdio transport). */

export interface LineLimits {
  /** The longest line in bytes, without its line break. */
  readonly maxBytes: number
  /** Where a line counts that has not come whole. */
  readonly room?: Room
}

/** What the official SDK takes; a screenshot in base64 is some megabytes. */
export const defaultLineLimits: LineLimits = { maxBytes: 10 * 1024 * 1024 }

export interface LineHandlers {
  /** Called in order. The stream is not read on until a returned promise has settled. */
  readonly onLine: (line: string) => void | Promise<void>
  /**
   * A line that is not UTF-8 was dropped: decoding it with replacement characters would alter what was said.
   * @param remains that decoding, to tell what the line was about
   */
  readonly onDropped?: (remains: string) => void
}

/**
 * Reads a stream to its end, line by line. Empty lines are skipped, a carriage return before the line break is cut, and
 * a last line without a line break counts.
 *
 * The stream is not destroyed at the end, nor after an error: the other half of a socket may still have an answer to give.
 *
 * @throws WarderError `bridge.too_large` as soon as a line grows over the limit, `bridge.busy` where there is no room for
 *   more of it; nothing more is read then
 */
export function readLines(
  stream: Readable,
  handlers: LineHandlers,
  limits: LineLimits = defaultLineLimits,
): Promise<void> {
  const framer = createFramer(limits)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const deliver = (bytes: Buffer): void | Promise<void> => {
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length
    const line = bytes.subarray(0, end)
    const text = line.toString('utf8')
    const handle = isUtf8(line) ? handlers.onLine : handlers.onDropped
    // From here on it is held as text alone.
    framer.free()
    return end === 0 ? undefined : handle?.(text)
  }

  // Every message of every client and server comes through here: events cost a fraction of what an iterator does.
  let ended = false
  let busy = false
  let over = false

  function work(lines: Iterator<Buffer>): void {
    busy = true
    for (let next = lines.next(); !next.done; next = lines.next()) {
      const settled = deliver(next.value)
      if (settled === undefined) continue
      stream.pause()
      // Who was told that nothing more is read gets no line after that.
      settled.then(() => (over ? undefined : work(lines))).catch(fail)
      return
    }
    busy = false
    if (ended) finish()
    else if (stream.isPaused()) stream.resume()
  }

  async function last(): Promise<void> {
    await deliver(framer.rest())
    resolve()
  }
  function finish(): void {
    leave()
    last().catch(reject)
  }
  function fail(error: unknown): void {
    leave()
    framer.free()
    stream.pause()
    reject(error)
  }
  function onData(chunk: Buffer): void {
    try {
      work(framer.push(chunk)[Symbol.iterator]())
    } catch (error) {
      fail(error)
    }
  }
  function onEnd(): void {
    ended = true
    if (!busy) finish()
  }
  function onClose(): void {
    if (!ended) fail(stream.errored ?? new Error('the stream was closed before its end'))
  }
  function leave(): void {
    over = true
    stream.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose)
  }
  stream.on('data', onData).on('end', onEnd).on('error', fail).on('close', onClose)
  // What was over before tells nobody any more.
  if (stream.readableEnded) onEnd()
  else if (stream.destroyed) onClose()
  return promise
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

interface Framer {
  /** The lines that the chunk completes. Each is valid until it is let go of, which has to be before the next one. */
  push(chunk: Buffer): Iterable<Buffer>
  /** What came after the last line break; valid until it is let go of. */
  rest(): Buffer
  /** Lets go of what is held. */
  free(): void
}

function createFramer({ maxBytes, room = BOUNDLESS }: LineLimits): Framer {
  const hasRoom = countHeld(room)
  const held = createGrowing(maxBytes)

  const checkSize = (bytes: number) => {
    if (bytes > maxBytes)
      throw new WarderError('bridge.too_large', `A line is longer than ${maxBytes} bytes.`)
  }

  const hold = (bytes: Buffer) => {
    checkSize(held.length() + bytes.length)
    if (!hasRoom(held.sizeWith(bytes.length)))
      throw new WarderError('bridge.busy', 'There is no room for more of this line.')
    held.push(bytes)
  }

  const free = () => {
    if (held.length() === 0) return
    held.free()
    hasRoom(0)
  }

  return {
    *push(chunk) {
      for (let from = 0; from < chunk.length; ) {
        // Runs of empty lines are passed over here: a flood of them must cost no more than reading them.
        if (held.length() === 0 && chunk[from] === lineFeed) {
          from += 1
          continue
        }
        const to = chunk.indexOf(lineFeed, from)
        if (to === -1) return hold(chunk.subarray(from))
        const piece = chunk.subarray(from, to)
        from = to + 1
        if (held.length() > 0) {
          hold(piece)
          yield held.bytes()
        } else {
          checkSize(piece.length)
          yield piece
        }
      }
    },
    rest: held.bytes,
    free,
  }
}
