import { stripVTControlCharacters } from 'node:util'

/** The end of what a server wrote to stderr, kept in a fixed amount of memory however much it writes. */
export interface StderrTail {
  push(chunk: Buffer): void
  /** @returns the last lines, masked and fit for a sentence or a log: no control characters, at most `length` characters */
  text(length: number): string
}

/** @param mask replaces every known secret in a text */
export function createStderrTail(mask: (text: string) => string, bytes = 64 * 1024): StderrTail {
  const ring = Buffer.alloc(bytes)
  let at = 0
  let full = false

  const held = (): string => {
    if (!full) return ring.toString('utf8', 0, at)
    const all = Buffer.concat([ring.subarray(at), ring.subarray(0, at)])
    // The oldest line has lost its beginning: half a secret would not be known as one.
    const firstBreak = all.indexOf('\n')
    return firstBreak === -1 ? '' : all.toString('utf8', firstBreak + 1)
  }

  return {
    push(chunk) {
      const kept = chunk.subarray(-bytes)
      const upToEnd = kept.copy(ring, at)
      kept.copy(ring, 0, upToEnd)
      full ||= at + chunk.length >= bytes
      at = (at + kept.length) % bytes
    },
    text(length) {
      // Masked twice: colour codes inside a secret hide it from the first pass, and lines may belong together.
      const plain = mask(printable(mask(held()))).trim()
      return plain.length <= length ? plain : `…${plain.slice(1 - length)}`
    },
  }
}

/** Text without control characters and marks of direction, on one line. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
