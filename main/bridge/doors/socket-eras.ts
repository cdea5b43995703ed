import { isWarderError } from '../../errors.ts'
import { type Message, readMessage } from '../envelope.ts'
import { claimsToStandAlone, isRefusal } from '../eras/claim.ts'
import { judge, refusalText, type StatelessVisit } from '../stateless-visit.ts'
import type { Channel } from '../types.ts'
import type { Visitor } from './sockets.ts'

/**
 * A client of either era on one socket, each message by its own `_meta` (MCP 2026-07-28, stdio). A request without it
 * belongs to the session, and so does what is not a request, unless it cancels one that stood alone.
 */
export function serveSocket(
  channel: Channel,
  ways: {
    /** Never rejects. */
    session: (line: string) => Promise<void>
    stateless: StatelessVisit
    close: () => void
  },
): Visitor {
  const { session, stateless, close } = ways
  return {
    receive(line) {
      const message = mayStandAlone(line) ? read(line) : null
      if (message?.kind === 'request' && claimsToStandAlone(message)) {
        const claim = judge(message)
        if (!isRefusal(claim)) return stateless.request(message, claim)
        channel.reply(refusalText(message.id, claim))
        return Promise.resolve()
      }
      if (message?.kind !== 'notification') return session(line)
      const cancels = stateless.awaits(message.params?.member('requestId')?.raw ?? '')
      if (cancels || claimsToStandAlone(message)) return stateless.notification(message)
      return session(line)
    },
    close() {
      stateless.leave()
      close()
    },
  }
}

/** What cannot be one is not read here: most sockets only ever carry a session. */
const mayStandAlone = (line: string) =>
  line.includes('protocolVersion') || line.includes('notifications/cancelled')

/** @returns null for what cannot be read: it is refused where the rest is */
function read(line: string): Message | null {
  try {
    return readMessage(line)
  } catch (error) {
    if (isWarderError(error, 'bridge.malformed')) return null
    throw error
  }
}
