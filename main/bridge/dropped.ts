import { isWarderError } from '../errors.ts'
import type { NotificationMessage } from './envelope.ts'
import { decisionOf, requestIn } from './operations.ts'
import { intentOf, recorder } from './record.ts'
import type { House, Session } from './types.ts'

const noted = new WeakSet<Session>()

/**
 * A notification that found no room. Nothing may be said in the place of an answer to one, so the audit says it: once for
 * each session, since a flood of rows would be the next thing without room.
 */
export async function noteDropped(
  message: NotificationMessage,
  session: Session,
  house: Pick<House, 'audit' | 'decide'>,
  error: unknown,
): Promise<void> {
  if (!isWarderError(error, 'bridge.busy') || noted.has(session)) return
  noted.add(session)
  const { principals, server } = session
  const request = requestIn(message)
  const decision = decisionOf(request, (operation) =>
    house.decide({ principals, server, operation }),
  )
  const intent = intentOf({ message, request, decision, principals, server })
  await house.audit.intent(intent)
  recorder(intent, house.audit)({ outcome: 'error', code: error.code })
}
