import { WarderError } from '../../errors.ts'
import type { Room } from '../../runtime/budget.ts'
import type { RequestMessage } from '../envelope.ts'
import { bytesOf } from '../kept-text.ts'
import { limits } from '../limits.ts'

/** What waits of one client that has all servers, before it is at one of them: as much as one session may have. */
export interface InFlight {
  /** @returns what ends it, to be called once @throws WarderError `bridge.busy` */
  begin(message: RequestMessage): () => void
}

export function createInFlight(room: Room): InFlight {
  let count = 0
  let size = 0
  return {
    begin({ text, params }) {
      const { length } = text
      const isFull = size > 0 && size + length > limits.inFlightBytes
      if (count >= limits.inFlight || isFull)
        throw new WarderError('bridge.busy', 'Too many calls of this session wait for an answer.')
      const weight = limits.callBytes + (params?.weight() ?? bytesOf(text))
      if (!room.take(weight)) throw new WarderError('bridge.busy', 'Too much of this client waits.')
      count++
      size += length
      return () => {
        count--
        size -= length
        room.give(weight)
      }
    },
  }
}
