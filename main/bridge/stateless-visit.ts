import type { IncomingHttpHeaders } from 'node:http'
import { errorResponse, type NotificationMessage, type RequestMessage } from './envelope.ts'
import {
  type Claim,
  claimOf,
  isRefusal,
  type ProtocolRefusal,
  unknownRevision,
} from './eras/claim.ts'
import { errorCodeIn, withErrorCode } from './eras/error-code.ts'
import { LISTEN } from './eras/listening.ts'
import { HEADER_MISMATCH } from './eras/revisions.ts'
import { METHOD_NOT_FOUND, refusal } from './refusal.ts'
import { relayCall } from './relay.ts'
import type { Caller, Standing } from './standing.ts'
import type { Channel, House, Session } from './types.ts'

/** What a client says on one way in requests that stand alone: a socket, or one POST. */
export interface StatelessVisit {
  /** Settles when the message was answered; never rejects. */
  request(message: RequestMessage, claim: Claim): Promise<void>
  /** Only a cancellation means anything here: the revision knows no other notification of a client. */
  notification(message: NotificationMessage): Promise<void>
  /** True where a request of this id waits for its answer. */
  awaits(id: string): boolean
  /** The client has gone this way: what it waits for is given up. */
  leave(): void
}

export function openStatelessVisit(options: {
  caller: Caller
  channel: Channel
  standing: Standing<string, Session>
  house: House
}): StatelessVisit {
  const { caller, standing, house } = options
  const channel = statelessChannel(options.channel)
  const waiting = new Map<string, Session>()
  /** Streams that only listen: nobody waits for an end of them. */
  const listening = new Set<string>()
  const leaving = channel.leaving?.()
  // One that waits for nobody is shared by all such ways, and would keep every one of them.
  if (leaving?.aborted === false)
    leaving.addEventListener('abort', () => {
      for (const id of listening) waiting.get(id)?.giveUp(id, channel)
    })

  return {
    async request(message, claim) {
      try {
        await standing.use(caller, claim, async (session) => {
          // The session refuses an id that is in use; the first call keeps it.
          const first = !waiting.has(message.id)
          if (first) waiting.set(message.id, session)
          if (first && message.method === LISTEN) listening.add(message.id)
          await relayCall(message, session, channel, house)
          if (first) waiting.delete(message.id)
          if (first) listening.delete(message.id)
        })
      } catch (error) {
        channel.reply(refusal(message.id, error))
      }
    },
    async notification(message) {
      if (message.method !== 'notifications/cancelled') return
      const session = waiting.get(message.params?.member('requestId')?.raw ?? '')
      if (session !== undefined) await relayCall(message, session, channel, house)
    },
    awaits: (id) => waiting.has(id),
    leave() {
      for (const session of new Set(waiting.values())) session.leave(channel)
    },
  }
}

/** What a client of sessions may ask, and no server of 2026-07-28 knows. */
const GONE = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
])

/**
 * What a request says of its sender, or why it cannot be taken (MCP 2026-07-28, basic/versioning).
 *
 * @param mirror what its headers have against it, for a way that has headers
 */
export function judge(
  message: RequestMessage,
  headers?: IncomingHttpHeaders,
  mirror: (message: RequestMessage) => string | null = () => null,
): Claim | ProtocolRefusal {
  const claim = claimOf(message)
  if (isRefusal(claim)) return claim
  const said = headers?.['mcp-protocol-version'] ?? claim.revision
  if (said !== claim.revision) return mismatch('MCP-Protocol-Version is not what the body says')
  const unknown = unknownRevision(claim.revision)
  if (unknown !== null) return unknown
  const fault = mirror(message)
  if (fault !== null) return mismatch(fault)
  if (GONE.has(message.method)) return { code: METHOD_NOT_FOUND, reason: 'Method not found' }
  return claim
}

const mismatch = (fault: string) => ({
  code: HEADER_MISMATCH,
  reason: `Header mismatch: ${fault}`,
})

export const refusalText = (id: string, { code, reason, data }: ProtocolRefusal) =>
  errorResponse(id, code, reason, data)

/**
 * The same way back in numbers that the revision allows: it keeps -32020 to -32099 for itself, -32050 (Warder's) and
 * -32042 (of 2025-11-25) among them (MCP 2026-07-28, basic, Error Codes).
 */
export function statelessChannel(channel: Channel): Channel {
  return {
    ...channel,
    reply: (text) => channel.reply(renumbered(text)),
    refuse: (text) => channel.refuse(renumbered(text)),
  }
}

function renumbered(text: string): string {
  return NOT_OURS.has(errorCodeIn(text) ?? 0) ? withErrorCode(text, REFUSED_ELSEWHERE) : text
}
const NOT_OURS = new Set([-32_050, -32_042])
const REFUSED_ELSEWHERE = -31_050
