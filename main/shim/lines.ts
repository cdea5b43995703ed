/** Takes a byte stream apart at its line feeds. Handed on are the pieces as they came; nothing is copied. */
export interface Lines {
  push(chunk: Buffer): void
  /** What came after the last line feed is a line as well. */
  finish(): void
}

const lineFeed = 0x0a

export interface LineHandlers {
  /** @param pieces of one line, with its line feed; of no line that is empty */
  readonly onLine: (pieces: readonly Buffer[]) => void
  /** In the place of a line that is longer than the limit. */
  readonly onTooLong?: () => void
}

/** @param maxBytes of one line */
export function createLines({ onLine, onTooLong }: LineHandlers, maxBytes = Infinity): Lines {
  let pieces: Buffer[] = []
  let length = 0
  let skipping = false

  function add(piece: Buffer): void {
    if (skipping) return
    pieces.push(piece)
    length += piece.length
    if (length <= maxBytes) return
    skipping = true
    pieces = []
  }

  function end(): void {
    const line = pieces
    const [bytes, skipped] = [length, skipping]
    pieces = []
    length = 0
    skipping = false
    if (skipped) onTooLong?.()
    else if (bytes > 1) onLine(line)
  }

  return {
    push(chunk) {
      let from = 0
      for (let to = chunk.indexOf(lineFeed); to !== -1; to = chunk.indexOf(lineFeed, from)) {
        add(chunk.subarray(from, to + 1))
        from = to + 1
        end()
      }
      if (from < chunk.length) add(chunk.subarray(from))
    },
    finish() {
      if (length === 0) return
      add(Buffer.of(lineFeed))
      end()
    },
  }
}
