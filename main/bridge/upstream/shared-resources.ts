import { WarderError } from '../../errors.ts'
import type { ResponseMessage } from '../envelope.ts'
import { concerns } from '../eras/listening.ts'
import { apart } from '../kept-text.ts'
import { limits } from '../limits.ts'

/** Resources that one session may be subscribed to. */
const MOST_RESOURCES = 1_000

/** Who of the sessions at one server is subscribed to which resource. */
export function createSharedResources<Seat>() {
  const subscribers = new Map<string, Set<Seat>>()

  /** @returns true where nobody is left */
  function unsubscribe(seat: Seat, uri: string): boolean {
    const all = subscribers.get(uri)
    all?.delete(seat)
    if (all !== undefined && all.size > 0) return false
    subscribers.delete(uri)
    return true
  }

  const of = (seat: Seat) =>
    [...subscribers].flatMap(([uri, seats]) => (seats.has(seat) ? [uri] : []))

  return {
    /** @throws WarderError `bridge.busy`, `bridge.too_large`, and as `ask` does */
    async subscribe(
      seat: Seat,
      uri: string,
      ask: () => Promise<ResponseMessage>,
    ): Promise<ResponseMessage> {
      const seats = subscribers.get(uri) ?? new Set()
      if (seats.has(seat)) return ask()
      if (uri.length > limits.linkLength)
        throw new WarderError('bridge.too_large', 'The URI is too long to be kept.')
      if (of(seat).length >= MOST_RESOURCES) throw tooMany()
      // News may come before the answer.
      subscribers.set(apart(uri), seats.add(seat))
      const answer = await ask().catch((error: unknown) => {
        unsubscribe(seat, uri)
        throw error
      })
      if (answer.error !== undefined) unsubscribe(seat, uri)
      return answer
    },
    unsubscribe,
    concerns: (seat: Seat, uri: string | undefined): boolean =>
      uri !== undefined &&
      [...subscribers].some(([of, seats]) => seats.has(seat) && concerns(uri, of)),
    /** @returns what nobody is subscribed to any more */
    leave: (seat: Seat): string[] => of(seat).filter((uri) => unsubscribe(seat, uri)),
  }
}

const tooMany = () =>
  new WarderError('bridge.busy', 'This client is subscribed to too many resources of the server.')
