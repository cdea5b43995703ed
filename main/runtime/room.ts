import type { Writable } from 'node:stream'

/**
 * Whether a peer keeps up with what it is sent.
 *
 * @returns what settles when it has read enough, or is gone; undefined where nothing has to wait
 */
export function roomOf(stream: Writable): () => Promise<void> | undefined {
  let waiting: Promise<void> | undefined
  return () => {
    if (stream.destroyed || !stream.writableNeedDrain) return undefined
    waiting ??= new Promise((resolve) => {
      const over = () => {
        stream.off('drain', over).off('close', over)
        waiting = undefined
        resolve()
      }
      stream.on('drain', over).on('close', over)
    })
    return waiting
  }
}
