import type { Writable } from 'node:stream'

const corked = new WeakSet<Writable>()

/**
 * Writes text so that all that is written in one turn goes out in one system call: with many calls in flight these are what
 * a message costs most.
 *
 * @returns false where the stream wants to be drained first, as {@link Writable.write}
 */
export function writeTogether(stream: Writable, text: string): boolean {
  if (!corked.has(stream)) {
    corked.add(stream)
    stream.cork()
    setImmediate(() => {
      corked.delete(stream)
      stream.uncork()
    })
  }
  return stream.write(text)
}
