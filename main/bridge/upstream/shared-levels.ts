import { type RequestMessage, readMessage } from '../envelope.ts'
import { LOG_LEVELS } from '../eras/claim.ts'
import { type JsonNode, splice } from '../json-scan.ts'

/** Log levels of the sessions at one server, which knows one level only: the lowest that somebody wants. */
export function createSharedLevels<Seat>() {
  const wanted = new Map<Seat, number>()
  return {
    /** @returns the request with the level that the server is to have */
    set(seat: Seat, message: RequestMessage): RequestMessage {
      const level = message.params?.member('level')
      const own = LOG_LEVELS.indexOf(level?.string() ?? '')
      if (level === undefined || own < 0) return message
      wanted.set(seat, own)
      const text = JSON.stringify(LOG_LEVELS[Math.min(...wanted.values())])
      const { start, end } = level
      return readMessage(splice(message.text, [{ start, end, text }])) as RequestMessage
    },
    /** Whether a session wants to be told; one that has set no level is told everything. */
    wants(seat: Seat, params: JsonNode | undefined): boolean {
      const level = LOG_LEVELS.indexOf(params?.member('level')?.string() ?? '')
      return level < 0 || level >= (wanted.get(seat) ?? 0)
    },
    leave: (seat: Seat) => void wanted.delete(seat),
  }
}
