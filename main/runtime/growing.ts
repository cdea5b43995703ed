/**
 * Bytes that come piece by piece and are wanted whole. They are held once: what is long lies in memory that grows in its
 * place, and is given back at once when it is let go of.
 */
export interface Growing {
  length(): number
  /** What it holds in memory; more than its length. */
  size(): number
  /** The size that it has with so many bytes more. */
  sizeWith(more: number): number
  push(piece: Uint8Array): void
  /** All of it, good until it is let go of, or grows. */
  bytes(): Buffer
  free(): void
}

/** Memory that grows in its place costs as much to make as some short lines to read; from here on copying would cost more. */
const LONG = 1024 * 1024
const STEP = 256 * 1024

/** @param most that it will ever be told to hold, in bytes */
export function createGrowing(most: number): Growing {
  let held: Uint8Array = NONE
  let length = 0
  let memory: ArrayBuffer | undefined

  function sizeFor(needed: number): number {
    if (needed <= held.length) return held.length
    // Grows by doubling, so that what comes byte by byte costs neither a buffer each nor a copy of all each time.
    if (needed <= LONG) return Math.max(needed, Math.min(held.length * 2, most))
    return Math.min(Math.ceil(needed / STEP) * STEP, Math.max(most, needed))
  }

  function grow(size: number): void {
    if (size <= LONG) {
      const grown = Buffer.allocUnsafe(size)
      grown.set(held.subarray(0, length))
      held = grown
    } else if (memory === undefined) {
      memory = new ArrayBuffer(size, { maxByteLength: Math.max(most, size) })
      // A view without a length of its own grows along.
      const grown = new Uint8Array(memory)
      grown.set(held.subarray(0, length))
      held = grown
    } else memory.resize(size)
  }

  return {
    length: () => length,
    size: () => held.length,
    sizeWith: (more) => sizeFor(length + more),
    push(piece) {
      const size = sizeFor(length + piece.length)
      if (size > held.length) grow(size)
      held.set(piece, length)
      length += piece.length
    },
    bytes: () => Buffer.from(held.buffer, held.byteOffset, length),
    free() {
      // The collector would come later.
      memory?.resize(0)
      memory = undefined
      held = NONE
      length = 0
    },
  }
}

const NONE = new Uint8Array(0)
