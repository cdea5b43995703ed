import type { Writable } from 'node:stream'

const corked = new WeakSet<Writable>()

/**
 * Writes text so that all that is written in one turn goes out in one system call: with many calls in flight these are what
 * a message costs most.
 *
 * @param atEnd of the turn, calls back: of the event loop's, or of a shorter one where all that belongs together comes in it
 * @returns false where the stream wants to be drained first, as {@link Writable.write}
 */
export function writeTogether(
  stream: Writable,
  text: string | Buffer,
  atEnd: (run: () => void) => unknown = setImmediate,
): boolean {
  if (!corked.has(stream)) {
    corked.add(stream)
    stream.cork()
    atEnd(() => {
      if (corked.delete(stream)) stream.uncork()
    })
  }
  return stream.write(text)
}

/** Writes text now, behind what waits for the end of the turn. */
export function writeAtOnce(stream: Writable, text: string | Buffer): void {
  stream.write(text)
  if (corked.delete(stream)) stream.uncork()
}
