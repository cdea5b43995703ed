import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { WarderError } from '../errors.ts'

/** MCP's framing on byte streams: one message a line, UTF-8, no line break inside (MCP stdio transport). */

export interface LineLimits {
  /** The longest line in bytes, without its line break. */
  readonly maxBytes: number
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
 * @throws WarderError `bridge.too_large` as soon as a line grows over the limit; nothing more is read then
 */
export async function readLines(
  stream: Readable,
  handlers: LineHandlers,
  limits: LineLimits = defaultLineLimits,
): Promise<void> {
  const framer = createFramer(limits.maxBytes)
  const deliver = (bytes: Buffer): void | Promise<void> => {
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length
    if (end === 0) return
    const line = bytes.subarray(0, end)
    const text = line.toString('utf8')
    return isUtf8(line) ? handlers.onLine(text) : handlers.onDropped?.(text)
  }

  for await (const chunk of stream.iterator({ destroyOnReturn: false }))
    for (const line of framer.push(chunk)) {
      const settled = deliver(line)
      if (settled !== undefined) await settled
    }
  await deliver(framer.rest())
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

interface Framer {
  /** The lines that the chunk completes. Each is valid until the next one is asked for. */
  push(chunk: Buffer): Iterable<Buffer>
  /** What came after the last line break. */
  rest(): Buffer
}

function createFramer(maxBytes: number): Framer {
  // Grows by doubling, so that a line which comes byte by byte costs neither a buffer each nor a copy of all each time.
  let held = Buffer.alloc(0)
  let length = 0

  const checkSize = (bytes: number) => {
    if (bytes > maxBytes)
      throw new WarderError('bridge.too_large', `A line is longer than ${maxBytes} bytes.`)
  }

  const hold = (bytes: Buffer) => {
    const needed = length + bytes.length
    checkSize(needed)
    if (needed > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(held.length * 2, maxBytes)))
      held.copy(grown, 0, 0, length)
      held = grown
    }
    bytes.copy(held, length)
    length = needed
  }

  const take = (): Buffer => {
    const line = held.subarray(0, length)
    held = Buffer.alloc(0)
    length = 0
    return line
  }

  return {
    *push(chunk) {
      for (let from = 0; from < chunk.length; ) {
        // Runs of empty lines are passed over here: a flood of them must cost no more than reading them.
        if (length === 0 && chunk[from] === lineFeed) {
          from += 1
          continue
        }
        const to = chunk.indexOf(lineFeed, from)
        if (to === -1) return hold(chunk.subarray(from))
        const piece = chunk.subarray(from, to)
        from = to + 1
        if (length > 0) {
          hold(piece)
          yield take()
        } else {
          checkSize(piece.length)
          yield piece
        }
      }
    },
    rest: take,
  }
}
