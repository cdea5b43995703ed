import { WarderError } from '../../errors.ts'
import { limits } from '../limits.ts'

/** What waits of one client that has all servers, before it is at one of them: as much as one session may have. */
export interface InFlight {
  /** @returns what ends it, to be called once @throws WarderError `bridge.busy` */
  begin(text: string): () => void
}

export function createInFlight(): InFlight {
  let count = 0
  let size = 0
  return {
    begin({ length }) {
      const isFull = size > 0 && size + length > limits.inFlightBytes
      if (count >= limits.inFlight || isFull)
        throw new WarderError('bridge.busy', 'Too many calls of this session wait for an answer.')
      count++
      size += length
      return () => {
        count--
        size -= length
      }
    },
  }
}
