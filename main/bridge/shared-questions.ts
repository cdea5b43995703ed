import { randomUUID } from 'node:crypto'
import { WarderError } from '../errors.ts'
import type { RequestMessage } from './envelope.ts'
import { serverRequestOf } from './operations.ts'
import { intentOf, recorder } from './record.ts'
import { refusal } from './refusal.ts'
import type { House } from './types.ts'

/**
 * What a server that clients share asks: nobody can say whom it means, so it is refused, and recorded under a name that no
 * client can have.
 *
 * @returns the answer to the server; never rejects
 */
export function createSharedQuestions(
  house: Pick<House, 'audit'>,
  user: string,
): (server: string, message: RequestMessage) => Promise<string> {
  const session = randomUUID()
  return async (server, message) => {
    const principals = { user, client: '@shared', proof: 'same-user', session } as const
    const decision = { effect: 'deny', rule: 'clients that share a server are not asked' } as const
    const request = serverRequestOf(message.method, message.params)
    const intent = intentOf({ message, request, decision, principals, server })
    try {
      await house.audit.intent(intent)
    } catch (error) {
      return refusal(message.id, error)
    }
    const error = nobody()
    recorder(intent, house.audit)({ outcome: 'denied', code: error.code })
    return refusal(message.id, error)
  }
}

const nobody = () =>
  new WarderError('bridge.not_offered', 'No client of a shared server can be asked.')
