import type { Writable } from 'node:stream'
import { NOT_COUNTED, type Share } from '../../runtime/budget.ts'

/**
 * Counts what a client has not read of what it was sent on one connection.
 *
 * @returns to be called after each write; what its client reads at once costs one comparison
 */
export function countUnread(stream: Writable, share: Share): () => void {
  let waits: ((bytes: number) => void) | undefined

  function look(): void {
    const { writableLength } = stream
    if (waits === undefined) {
      if (writableLength <= NOT_COUNTED || stream.destroyed) return
      waits = share.unread(() => stream.destroy())
      stream.on('drain', look).on('close', look)
    }
    waits(writableLength <= NOT_COUNTED || stream.destroyed ? 0 : writableLength)
  }

  return look
}
