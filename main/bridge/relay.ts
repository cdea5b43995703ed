import { isWarderError, toWarderError, traceOf, WarderError } from '../errors.ts'
import type { Operation } from '../policy/decide.ts'
import {
  answerWith,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
} from './envelope.ts'
import { inspect } from './inspect.ts'
import { splice } from './json-scan.ts'
import { needsPerson, openWithoutServer } from './opening.ts'
import { decisionOf, requestOf } from './operations.ts'
import { denied, intentOf, outcomeOf, type Record, recorder } from './record.ts'
import { refusal } from './refusal.ts'
import type { Channel, House, Pending, Session } from './types.ts'
import { type Credential, NotProcessed } from './upstream/upstream.ts'

type ClientMessage = RequestMessage | NotificationMessage

/**
 * The story of one message from a client: receive, identify, decide, record, inject, forward, inspect, record and reply.
 * There is no other way from a door to a server. Never rejects: whatever fails is answered and recorded.
 */
export async function relay(
  text: string,
  session: Session,
  channel: Channel,
  house: House,
): Promise<void> {
  const message = receive(text, channel)
  if (message === null) return
  if (message.kind === 'response') return session.serverSide.answered(message)
  const pending = begin(message, session, channel)
  if (pending === null) return
  try {
    const again = await carry(message, session, pending, house, { last: false })
    // The server refused before it did anything, and there is a new credential or session: a call of its own, decided
    // and recorded anew. What was processed, or may have been, is never sent twice.
    if (again) await carry(message, session, pending, house, { last: true })
  } finally {
    pending.end()
  }
}

/** Steps 2 to 8; the first two were the door's and `receive`'s. @returns true where the call may be made once more */
async function carry(
  message: ClientMessage,
  session: Session,
  pending: Pending,
  house: House,
  { last }: { last: boolean },
): Promise<boolean> {
  const { principals, server } = session
  const request = requestOf(message.method, message.params)
  const decide = (operation: Operation) => house.decide({ principals, server, operation })
  const decision = decisionOf(request, decide)
  const intent = intentOf({ message, request, decision, principals, server })
  const record = recorder(intent, house.audit)
  try {
    await house.audit.intent(intent)
  } catch (error) {
    // What cannot be recorded does not leave.
    reply(message, pending, refusal(idOf(message), error))
    return false
  }

  let credential: Credential | null = null
  try {
    if (decision.effect === 'deny') throw denied(request, server)
    pending.signal.throwIfAborted()
    credential = await session.connection.inject()
    pending.signal.throwIfAborted()
    const answer = await forward(message, session, pending, credential)
    if (answer === null) {
      record({ outcome: 'ok', account: credential.account })
      return false
    }
    const seen = inspect(answer.value, message.method, decide, house.mask)
    record({ ...outcomeOf(answer), account: credential.account, masked: seen.masked })
    reply(message, pending, answerWith(idOf(message), answer, seen.text))
    return false
  } catch (error) {
    return failed(error, { message, session, pending, credential, record, last })
  }
}

/** Step 1: bytes are refused before any meaning is read. @returns null where that happened and was answered */
function receive(text: string, channel: Channel): ReturnType<typeof readMessage> | null {
  try {
    return readMessage(text)
  } catch (error) {
    channel.refuse(refusal('null', error))
    return null
  }
}

function begin(message: ClientMessage, session: Session, channel: Channel): Pending | null {
  try {
    return session.begin(message, channel)
  } catch (error) {
    if (message.kind === 'request') channel.reply(refusal(message.id, error))
    return null
  }
}

/** Step 6: the original bytes in a new envelope. A notification has no answer. */
async function forward(
  message: ClientMessage,
  session: Session,
  pending: Pending,
  credential: Credential,
): Promise<ResponseMessage | null> {
  if (message.kind === 'request')
    return session.connection.request(message, pending.upstreamId, credential, pending.signal)
  if (message.method !== 'notifications/cancelled') {
    await session.connection.send(message.text, credential)
    return null
  }
  // The request went out under an id of ours; one that no longer waits has nothing to cancel.
  const requestId = message.params?.member('requestId')
  const upstreamId = requestId && session.giveUp(requestId.raw)
  if (requestId && upstreamId)
    await session.connection.send(
      splice(message.text, [{ start: requestId.start, end: requestId.end, text: upstreamId }]),
      credential,
    )
  return null
}

/** @returns true where the call may be made once more */
async function failed(
  thrown: unknown,
  call: {
    message: ClientMessage
    session: Session
    pending: Pending
    credential: Credential | null
    record: Record
    last: boolean
  },
): Promise<boolean> {
  const { message, session, pending, credential, record, last } = call
  const account = credential?.account ?? null
  const { aborted, reason: given } = pending.signal
  // The client gave the call up, or went away: nobody waits for an answer.
  if (aborted && !isWarderError(given)) {
    record({ outcome: 'cancelled', account })
    return false
  }
  let error = aborted ? given : thrown
  if (error instanceof NotProcessed) {
    const { reason, scopes } = error
    error =
      reason === 'insufficient-scope'
        ? (credential?.widen?.(scopes, inWords(message)) ?? refusedWith(403, session))
        : await renewed(reason, session, credential, last)
    if (error === null) {
      record({ outcome: 'error', code: reason, account })
      return true
    }
  }
  const { code } = toWarderError(error)
  if (code === 'internal.unexpected') process.stderr.write(`warder: relay: ${traceOf(error)}\n`)
  if (message.method === 'initialize' && message.kind === 'request' && needsPerson(code)) {
    // A client that is refused at the opening gives the server up until it is restarted; this one can be mended.
    session.connection.remember(message)
    record({ outcome: 'ok', code, account })
    reply(message, pending, openWithoutServer(message, session.server, error))
    return false
  }
  record({ outcome: code === 'policy.denied' ? 'denied' : 'error', code, account })
  reply(message, pending, refusal(idOf(message), error))
  return false
}

/** Makes what a refused call needs to be made again. @returns null where that worked, else the error to answer with */
async function renewed(
  reason: Exclude<NotProcessed['reason'], 'insufficient-scope'>,
  session: Session,
  credential: Credential | null,
  last: boolean,
): Promise<unknown> {
  try {
    // The connection has let go of it already, and opens a new one.
    if (reason === 'session-expired' && !last) return null
    if (reason === 'unauthorized' && !last && credential?.renew) {
      await credential.renew()
      return null
    }
  } catch (error) {
    return error
  }
  return reason === 'session-expired'
    ? new WarderError('server.refused', `${session.server} forgot the session twice.`)
    : refusedWith(401, session)
}

const refusedWith = (status: number, { server }: Session) =>
  new WarderError('server.refused', `${server} does not accept the credential (${status}).`)

/** What was asked for, as a sentence to a person names it. */
function inWords({ method, params }: ClientMessage): string {
  const { operation, target } = requestOf(method, params)
  return operation?.kind === 'tool' && target !== null ? `the tool ${target}` : method
}

function reply(message: ClientMessage, pending: Pending, text: string): void {
  if (message.kind === 'request') pending.channel.reply(text)
}

const idOf = (message: ClientMessage) => (message.kind === 'request' ? message.id : 'null')
