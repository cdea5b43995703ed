import type { Intent } from '../audit/rows.ts'
import { WarderError } from '../errors.ts'
import type { NotificationMessage, RequestMessage, ResponseMessage } from './envelope.ts'
import { resultResponse } from './envelope.ts'
import type { House } from './house.ts'
import { intentOf, outcomeOf, type Record, recorder } from './record.ts'
import { refusal } from './refusal.ts'
import type { Session } from './session.ts'

/**
 * The way back: what a server says unasked. Notifications pass masked; requests (sampling, elicitation, roots) are
 * recorded, decided like everything else of this session, and answered by the client they belong to.
 */
export interface ServerSide {
  receive(message: RequestMessage | NotificationMessage, related: string | null): void
  /** The client's answer to a request of the server; one that nobody asked for is dropped. */
  answered(message: ResponseMessage): Promise<void>
}

export function createServerSide(session: () => Session, house: House): ServerSide {
  const asked = new Map<string, Record>()

  async function toServer(text: string): Promise<void> {
    const { connection } = session()
    await connection.send(text, await connection.inject())
  }

  async function ask(message: RequestMessage, related: string | null): Promise<void> {
    const { principals, server } = session()
    // A ping asks whether this side lives; it does not concern the client.
    if (message.method === 'ping') return toServer(resultResponse(message.id, '{}'))
    const decision = house.decide({ principals, server, operation: { kind: 'session' } })
    const request = { operation: { kind: 'session' }, target: null, argumentKeys: [] } as const
    const intent: Intent = intentOf({ message, request, decision, principals, server })
    const record = recorder(intent, house.audit)
    await house.audit.intent(intent)
    const channel = session().channelFor(related)
    if (decision.effect === 'deny' || channel === null) {
      record({ outcome: 'denied', code: 'policy.denied' })
      const reason =
        channel === null ? 'The client cannot be asked now.' : 'Warder does not allow this.'
      return toServer(refusal(message.id, new WarderError('policy.denied', reason)))
    }
    asked.set(message.id, record)
    channel.send(house.mask(message.text).text)
  }

  return {
    receive(message, related) {
      if (message.kind === 'request') {
        // A record that cannot be written, or a server that is gone: there is nobody left to tell.
        ask(message, related).catch(() => {})
        return
      }
      const token = message.params?.member('progressToken')?.raw ?? null
      session().channelFor(related, token)?.send(house.mask(message.text).text)
    },
    async answered(message) {
      const record = asked.get(message.id)
      if (record === undefined) return
      asked.delete(message.id)
      try {
        await toServer(message.text)
        record(outcomeOf(message))
      } catch {
        record({ outcome: 'error', code: 'server.unreachable' })
      }
    },
  }
}
