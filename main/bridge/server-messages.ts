import type { Intent } from '../audit/rows.ts'
import { WarderError } from '../errors.ts'
import { type RequestMessage, resultResponse } from './envelope.ts'
import { intentOf, outcomeOf, type Record, recorder } from './record.ts'
import { refusal } from './refusal.ts'
import type { House, ServerSide, Session } from './types.ts'

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
