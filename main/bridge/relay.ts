import { type ErrorCode, isWarderError, toWarderError, traceOf, WarderError } from '../errors.ts'
import type { Operation } from '../policy/decide.ts'
import { checkShape } from './answer-shape.ts'
import { noteDropped } from './dropped.ts'
import {
  answerWith,
  cancelled,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from './envelope.ts'
import { discoverWithoutServer } from './eras/session-opening.ts'
import { inspect, toolsIn } from './inspect.ts'
import { type JsonNode, splice } from './json-scan.ts'
import { mayPass, openWithoutServer } from './opening.ts'
import { decisionOf, requestIn, requestOf } from './operations.ts'
import { signInFor } from './parking.ts'
import { denied, intentOf, outcomeOf, type RecordOutcome, recorder } from './record.ts'
import { refusal } from './refusal.ts'
import { refusalFor } from './sign-in-refusal.ts'
import { createTurns } from './turns.ts'
import type { Channel, House, Pending, Session, Told } from './types.ts'
import { type Credential, InputWanted, NotProcessed, type Round } from './upstream/upstream.ts'

type ClientMessage = RequestMessage | NotificationMessage

/**
 * The story of one message from a client. There is no other way from a door to a server. Never rejects: whatever fails
 * is answered and recorded.
 *
 * 1. receive: bytes are refused before any meaning is read
 * 2. identify: the door has settled it, by the credential alone
 * 3. decide
 * 4. record the intent
 * 5. inject the credential
 * 6. forward the original bytes
 * 7. inspect the answer
 * 8. record the outcome, reply
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
  return relayCall(message, session, channel, house)
}

/** The same for a message that its door has read already. */
export async function relayCall(
  message: ClientMessage,
  session: Session,
  channel: Channel,
  house: House,
): Promise<void> {
  const pending = begin(message, session, channel, house)
  if (pending === null) return
  const patient =
    message.kind === 'request' ? house.catalogue?.hurry(message, session, pending) : undefined
  try {
    if (message.kind === 'notification') {
      house.parking.takeBack(session, message, channel)
      await pass(message, session, pending, house)
      if (message.method === 'notifications/initialized') house.catalogue?.initialized(session)
      return
    }
    for (;;) {
      const since = house.parking.moment()
      const error = await pass(message, session, pending, house)
      if (error === null) return
      // Nothing of it was processed: a sign-in in time makes it a call of its own, decided and recorded anew.
      const call = { message, session, pending, error }
      if ((await house.parking.wait(call, since)) === 'over')
        return await replyUnsent(message, session, pending, house, error)
    }
  } finally {
    patient?.()
    pending.end()
  }
}

/** @returns the error that a sign-in would mend, where the call may wait for one; it is recorded and not answered yet */
async function pass(
  message: ClientMessage,
  session: Session,
  pending: Pending,
  house: House,
): Promise<WarderError | null> {
  let course: Course = { met: [], round: null }
  for (;;) {
    const left = await carry(message, session, pending, house, course)
    if (left instanceof InputWanted) {
      const round = await nextRound(left, message, session, pending, house)
      if (round === null) return null
      // The client has answered: a call of its own, decided and recorded anew. The rounds before it are done.
      course = { met: [], round }
    }
    // The server refused before it did anything, and there is a new credential, session or nonce: a call of its own,
    // decided and recorded anew. What was processed, or may have been, is never sent twice.
    else if (left !== 'again') return left
  }
}

/** Where a call stands. */
interface Course {
  /** Why the server refused this round of it before; grows. */
  readonly met: NotProcessed['reason'][]
  /** Null until the server has begun it and asked for more. */
  readonly round: Round | null
}

/**
 * What is left to do for a call: nothing, to make it once more, to ask the client and go on, or to wait until a sign-in
 * mends the error.
 */
type Left = null | 'again' | InputWanted | WarderError

/** Steps 3 to 8. */
async function carry(
  message: ClientMessage,
  session: Session,
  pending: Pending,
  house: House,
  course: Course,
): Promise<Left> {
  const { principals, server } = session
  const request = requestIn(message)
  const decide = (operation: Operation) => house.decide({ principals, server, operation })
  const decision = decisionOf(request, decide)
  const intent = intentOf({ message, request, decision, principals, server })
  const record = recorder(intent, house.audit)
  try {
    await house.audit.intent(intent)
  } catch (error) {
    // What cannot be recorded does not leave.
    reply(message, pending, refusal(idOf(message), error))
    return null
  }

  let credential: Credential | null = null
  try {
    if (decision.effect === 'deny') throw denied(request, server, decision)
    pending.signal.throwIfAborted()
    if (course.round === null && message.kind === 'request') {
      const told = house.catalogue?.recallAtOnce(message, session, pending)
      if (told) {
        record({ outcome: 'ok', code: FROM_MEMORY, masked: told.masked })
        replyFromMemory(message, session, pending, house, told)
        return null
      }
    }
    const injected = await session.connection.inject()
    house.parking.check(pending, injected.accounts)
    credential = injected
    pending.signal.throwIfAborted()
    const answer = await forward(message, session, pending, credential, course)
    if (answer === null) {
      record({ outcome: 'ok', account: credential.account })
      return null
    }
    checkShape(message.method, answer)
    const tools = soundTools(answer.value, message, session, pending, house)
    const sound = tools instanceof Promise ? await tools : tools
    const seen = inspect(answer.value, message.method, decide, house.mask, sound && (() => sound))
    if (message.kind === 'request') house.catalogue?.learn(message, session, answer, credential)
    reply(message, pending, answerWith(idOf(message), answer, seen.text))
    record({ ...outcomeOf(answer), account: credential.account, masked: seen.masked })
    return null
  } catch (error) {
    return failed(error, { message, session, pending, house, credential, record, course })
  }
}

/**
 * A list of tools as the server has it now, held against what was pinned: the lines that a client may see. A long one takes
 * more than a turn, so that nobody else waits for it.
 */
function soundTools(
  value: JsonNode,
  message: ClientMessage,
  { server }: Session,
  pending: Pending,
  { pins }: House,
): readonly JsonNode[] | Promise<readonly JsonNode[]> | undefined {
  const lines = pins && toolsIn(value, message.method)
  if (!lines) return undefined
  const work = pins.listed(server, lines, value)
  const first = work.next()
  if (first.done) return first.value
  if (!pending.keep(value.weight()))
    throw new WarderError('bridge.busy', 'There is no room to look through this list.')
  return turns.run(work, pending.signal)
}

/** Of all sessions: what is long is not in the way of what is short, whoever it belongs to. */
const turns = createTurns()

/** Step 1. @returns null where the bytes were refused, and that was answered */
function receive(text: string, channel: Channel): ReturnType<typeof readMessage> | null {
  try {
    return readMessage(text)
  } catch (error) {
    channel.refuse(refusal('null', error))
    return null
  }
}

function begin(
  message: ClientMessage,
  session: Session,
  channel: Channel,
  house: House,
): Pending | null {
  try {
    return session.begin(message, channel)
  } catch (error) {
    if (message.kind === 'request') channel.reply(refusal(message.id, error))
    // Where it cannot be recorded either, nothing has left.
    else noteDropped(message, session, house, error).catch(() => {})
    return null
  }
}

/** Step 6: the original bytes in a new envelope. A notification has no answer. */
function forward(
  message: ClientMessage,
  session: Session,
  pending: Pending,
  credential: Credential,
  { round }: Course,
): Promise<ResponseMessage | null> {
  if (message.kind === 'notification') return notify(message, session, pending, credential)
  const { upstreamId, signal } = pending
  return session.connection.request(message, upstreamId, credential, signal, round ?? undefined)
}

async function notify(
  message: NotificationMessage,
  session: Session,
  pending: Pending,
  credential: Credential,
): Promise<null> {
  if (message.method !== 'notifications/cancelled') {
    await session.connection.send(message.text, credential)
    return null
  }
  // The request went out under an id of ours; one that no longer waits has nothing to cancel.
  const requestId = message.params?.member('requestId')
  const upstreamId = requestId && session.giveUp(requestId.raw, pending.channel)
  if (requestId && upstreamId)
    await session.connection.send(
      splice(message.text, [{ start: requestId.start, end: requestId.end, text: upstreamId }]),
      credential,
    )
  return null
}

interface FailedCall {
  readonly message: ClientMessage
  readonly session: Session
  readonly pending: Pending
  readonly house: House
  readonly credential: Credential | null
  readonly record: RecordOutcome
  readonly course: Course
}

/** Step 8 of a call that did not come through. */
async function failed(thrown: unknown, call: FailedCall): Promise<Left> {
  const { message, session, pending, house, credential, record, course } = call
  const account = credential?.account ?? null
  if (thrown instanceof InputWanted && !pending.signal.aborted) {
    record({ ...outcomeOf(thrown.answer), code: thrown.message, account })
    return thrown
  }
  const { aborted, reason: given } = pending.signal
  // The client gave the call up, or went away: nobody waits for an answer.
  if (aborted && !isWarderError(given)) {
    record({ outcome: 'cancelled', account })
    return null
  }
  let error = aborted ? given : thrown
  if (credential && isWarderError(given, 'server.timed_out')) takeBack(message, call, credential)
  // Without a credential nothing has left; anything else may have been processed, unless the server says otherwise.
  let unsent = !aborted && credential === null
  if (error instanceof NotProcessed) {
    const { reason } = error
    error = await remedy(error, call)
    unsent = true
    if (error === null) {
      record({ outcome: 'error', code: reason, account })
      return 'again'
    }
  }
  const known = toWarderError(error)
  const { code } = known
  if (code === 'internal.unexpected') process.stderr.write(`warder: relay: ${traceOf(error)}\n`)
  if (message.kind === 'request' && mayPass(code) && !pending.channel.anew) {
    const told = house.catalogue?.recall(message, session)
    if (told) {
      record({ outcome: 'ok', code, account, masked: told.masked })
      replyFromMemory(message, session, pending, house, told)
      return null
    }
  }
  if (message.method === 'initialize' && message.kind === 'request' && mayPass(code)) {
    // A client that is refused at the opening gives the server up until it is restarted; this one can be mended.
    session.connection.remember(message)
    record({ outcome: code.startsWith('policy.') ? 'denied' : 'ok', code, account })
    reply(message, pending, openWithoutServer(message, session.server, error))
    return null
  }
  if (message.method === 'server/discover' && message.kind === 'request' && mayPass(code)) {
    record({ outcome: code.startsWith('policy.') ? 'denied' : 'ok', code, account })
    reply(message, pending, discoverWithoutServer(message, session.server, known))
    return null
  }
  record({
    outcome: ENDS[code] ?? (code.startsWith('policy.') ? 'denied' : 'error'),
    code,
    account,
  })
  // A sign-in would have it made from its first round on, which is done.
  if (unsent && course.round === null && signInFor(message, known) !== null) return known
  reply(message, pending, await refusalFor(idOf(message), known, session, house))
  return null
}

/** What else an error may be in the audit: the server was told that nobody waits for the call. */
const ENDS: Partial<Record<ErrorCode, 'cancelled'>> = { 'server.timed_out': 'cancelled' }

/** The call has met its deadline, and the server may not have noticed. */
function takeBack(
  { method }: ClientMessage,
  { session, pending }: FailedCall,
  credential: Credential,
): void {
  // MCP 2025-11-25, Cancellation: an opening is never cancelled.
  if (method === 'initialize') return
  session.connection.send(cancelled(pending.upstreamId), credential).catch(() => {})
}

/** Has the client asked. @returns null where nothing came of it, and that was answered */
async function nextRound(
  wanted: InputWanted,
  message: ClientMessage,
  session: Session,
  pending: Pending,
  house: House,
): Promise<Round | null> {
  try {
    // The answer that asks is kept until the client has answered as well.
    if (!pending.keep(wanted.answer.value.weight()))
      throw new WarderError('bridge.busy', 'There is no room for what the server asks first.')
    return { wanted, members: await wanted.gather(pending.signal) }
  } catch (error) {
    if (message.kind === 'request')
      await replyUnsent(message, session, pending, house, toWarderError(error))
    return null
  }
}

/** The end of a call that waited in vain, or could not wait. */
async function replyUnsent(
  message: RequestMessage,
  session: Session,
  pending: Pending,
  house: House,
  error: WarderError,
): Promise<void> {
  const { aborted, reason } = pending.signal
  // The client gave the call up, or went away: nobody waits for an answer.
  if (aborted && !isWarderError(reason)) return
  reply(message, pending, await refusalFor(message.id, aborted ? reason : error, session, house))
}

/** Makes what a refused call needs to be made again. @returns null where that worked, else the error to answer with */
async function remedy(
  { reason, scopes }: NotProcessed,
  { message, session, credential, course: { met, round } }: FailedCall,
): Promise<unknown> {
  const again = met.includes(reason)
  // A nonce that has run out, or a header, says nothing of the credential, and the other way round.
  const last = met.some((before) => before !== 'nonce-wanted' && before !== 'headers-wanted')
  met.push(reason)
  try {
    switch (reason) {
      case 'session-expired':
        // What the server knew of the rounds before went with it.
        if (round !== null)
          return new WarderError(
            'server.ended',
            `${session.server} ended in the middle of the call.`,
          )
        // The connection has let go of it already, and opens a new one.
        if (!last) return null
        return new WarderError('server.refused', `${session.server} forgot the session twice.`)
      case 'nonce-wanted':
        // The credential has it by now (RFC 9449 §9).
        return again ? refusedWith(401, session) : null
      case 'headers-wanted':
        // The server's list of tools has told them by now (MCP 2026-07-28, Streamable HTTP, Custom Headers).
        if (!again) return null
        return new WarderError('server.protocol', `${session.server} wants ever other headers.`)
      case 'unauthorized':
        if (last || !credential?.renew) return refusedWith(401, session)
        await credential.renew()
        return null
      case 'insufficient-scope':
        return credential?.widen?.(scopes, inWords(message)) ?? refusedWith(403, session)
    }
  } catch (error) {
    return error
  }
}

const refusedWith = (status: number, { server }: Session) =>
  new WarderError('server.refused', `${server} does not accept the credential (${status}).`)

/** What was asked for, as a sentence to a person names it. */
function inWords({ method, params }: ClientMessage): string {
  const { operation, target } = requestOf(method, params)
  return operation?.kind === 'tool' && target !== null ? `the tool ${target}` : method
}

/** In the place of a server that is not at hand; it is asked behind the client. */
function replyFromMemory(
  message: RequestMessage,
  session: Session,
  pending: Pending,
  house: House,
  told: Told,
): void {
  if (message.method === 'initialize') session.connection.remember(message, told.revision)
  reply(message, pending, resultResponse(message.id, told.text))
  // Before the client has said that it is ready, no server may ask it anything.
  if (message.method !== 'initialize') house.catalogue?.refresh(session, message)
}

/** In the audit, of what no server was asked for. */
const FROM_MEMORY = 'remembered'

function reply(message: ClientMessage, pending: Pending, text: string): void {
  if (message.kind === 'notification' || pending.answered) return
  pending.answered = true
  pending.channel.reply(text)
}

const idOf = (message: ClientMessage) => (message.kind === 'request' ? message.id : 'null')
