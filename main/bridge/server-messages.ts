import { isWarderError, WarderError } from '../errors.ts'
import {
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  resultResponse,
  withId,
} from './envelope.ts'
import { splice } from './json-scan.ts'
import { bytesOf } from './kept-text.ts'
import { limits } from './limits.ts'
import { maskJson } from './mask-json.ts'
import { createNews, isNews } from './news.ts'
import { decisionOf, operationOn, serverRequestOf } from './operations.ts'
import { intentOf, outcomeOf, type RecordOutcome, recorder } from './record.ts'
import { refusal } from './refusal.ts'
import { mayAsk, maySay } from './server-rights.ts'
import { systemTimer } from './timer.ts'
import type { House, ServerSide, Session } from './types.ts'
import { createUnderWay } from './under-way.ts'
import { NotProcessed, type ShowQuestion } from './upstream/upstream.ts'
import { wellFormed } from './well-formed.ts'

interface Asked {
  /** The server's own id. The client sees one of ours: a server that was started again counts from the same number. */
  readonly serverId: string
  readonly masked: number
  readonly sent: boolean
  readonly record: RecordOutcome
  readonly answer: Answer
  /** What a question counts for that is kept until its client comes back. */
  readonly weight: number
  /** Ends the wait for the client. */
  readonly stop: () => void
}

type Answer = (text: string) => unknown

export function createServerSide(session: () => Session, house: House): ServerSide {
  const asked = new Map<string, Asked>()
  const { timer = systemTimer } = house
  const news = createNews(timer)
  let counter = 0
  const underWay = createUnderWay()
  const share = () => house.budget.of(session().principals.client)
  /** Grows when the server is gone: what it had asked before concerns nobody. */
  let generation = 0

  async function toServer(text: string): Promise<void> {
    const { connection } = session()
    const began = generation
    const credential = await connection.inject()
    // An answer for the server that asked, not for the one that was started in its place.
    if (began !== generation) throw new WarderError('server.ended', 'The server has ended.')
    try {
      await connection.send(text, credential)
    } catch (error) {
      if (!(error instanceof NotProcessed) || error.reason !== 'nonce-wanted') throw error
      await connection.send(text, credential)
    }
  }

  /** What a message of the server is, in the audit's words, and whether this client may hear it. */
  function judge(message: RequestMessage | NotificationMessage) {
    const { principals, server } = session()
    const request = serverRequestOf(message.method, message.params)
    const decision = decisionOf(request, (operation) =>
      house.decide({ principals, server, operation }),
    )
    return { message, request, decision, principals, server }
  }

  async function ask(
    message: RequestMessage,
    related: string | null,
    answer: Answer,
    show: ShowQuestion | undefined,
  ): Promise<void> {
    // A ping asks whether this side lives; it does not concern the client.
    if (message.method === 'ping') return void (await answer(resultResponse(message.id, '{}')))
    if (asked.size >= limits.inFlight) return void (await answer(refusal(message.id, tooMany())))
    const call = judge(message)
    const began = generation
    // Of this session only: a client may answer late what a companion asked that is gone.
    const id = JSON.stringify(`warder-${call.principals.session}-${++counter}`)
    const intent = intentOf(call)
    const record = recorder(intent, house.audit)
    const serverId = message.id
    // Kept from here on, so that what waits for the disk counts as well.
    asked.set(id, { serverId, record, answer, masked: 0, weight: 0, sent: false, stop: () => {} })
    try {
      await house.audit.intent(intent)
    } catch (error) {
      asked.delete(id)
      return void (await answer(refusal(serverId, error)))
    }
    if (began !== generation || !asked.has(id)) return
    try {
      // A question that is shown elsewhere was held against what that request offers.
      if (show === undefined && !mayAsk(message.method, session().connection.offers))
        throw notOffered()
      if (call.decision.effect === 'deny') throw refused('Warder does not allow this.')
      const channel = session().channelFor(related)
      const ask = show ?? channel?.send
      if (ask === undefined) throw away()
      const { text, masked } = maskJson(wellFormed(withId(message, id)), house.mask)
      const weight = show === undefined ? 0 : bytesOf(text)
      if (!share().answers.take(weight)) throw noRoom()
      const stop = timer.after(limits.callMs, () => unanswered(id))
      asked.set(id, { serverId, record, answer, masked, weight, sent: true, stop })
      ask(text, answered)
    } catch (error) {
      take(id)
      const known = isWarderError(
        error,
        'policy.denied',
        'bridge.not_offered',
        'bridge.client_away',
        'bridge.busy',
      )
      const code = known ? error.code : 'server.protocol'
      const isDenied = known && code !== 'bridge.client_away' && code !== 'bridge.busy'
      record({ outcome: isDenied ? 'denied' : 'error', code })
      await answer(refusal(serverId, error))
    }
  }

  function take(id: string): Asked | undefined {
    const call = asked.get(id)
    if (call === undefined) return undefined
    call.stop()
    share().answers.give(call.weight)
    asked.delete(id)
    return call
  }

  /** No call is waited for longer; a client that never answers must not keep the server from asking at all. */
  function unanswered(id: string): void {
    const call = take(id)
    call?.record({ outcome: 'error', code: 'bridge.client_away', masked: call.masked })
    Promise.resolve(call?.answer(refusal(call.serverId, away()))).catch(() => {})
  }

  async function tell(message: NotificationMessage, related: string | null): Promise<void> {
    const call = judge(message)
    if (call.decision.effect === 'deny' || !maySay(message.method)) return
    const about = message.method === 'notifications/cancelled' ? givenUp(message) : message.text
    if (about === null) return
    const { text, masked } = maskJson(wellFormed(about), house.mask)
    const send = () => session().channelFor(related, tokenOf(message))?.send(text)
    // Each stream of a client without sessions has its own news.
    const stream = session().speaks === 'stateless' ? related : null
    if (isNews(message.method)) news.changed(`${message.method} ${stream}`, send)
    else send()
    if (masked === 0) return
    // Notifications have no line in the audit of their own; one that held a secret gets one.
    const intent = intentOf(call)
    await house.audit.intent(intent)
    recorder(intent, house.audit)({ outcome: 'ok', masked })
  }

  /** The server no longer waits for the client's answer. @returns the message under the id that the client knows */
  function givenUp(message: NotificationMessage): string | null {
    const requestId = message.params?.member('requestId')
    const [id, call] = [...asked].find(([, { serverId }]) => serverId === requestId?.raw) ?? []
    if (requestId === undefined || id === undefined || call === undefined) return null
    take(id)
    call.record({ outcome: 'cancelled', masked: call.masked })
    if (!call.sent) return null
    return splice(message.text, [{ start: requestId.start, end: requestId.end, text: id }])
  }

  async function answered(message: ResponseMessage): Promise<void> {
    const call = asked.get(message.id)
    if (call === undefined || !call.sent) return
    take(message.id)
    const { masked } = call
    const { asks } = share()
    const weight = message.value.weight()
    if (!asks.take(weight)) {
      call.record({ outcome: 'error', code: 'bridge.busy', masked })
      return void Promise.resolve(call.answer(refusal(call.serverId, noRoom()))).catch(() => {})
    }
    try {
      await call.answer(withId(message, call.serverId))
      call.record({ ...outcomeOf(message), masked })
    } catch {
      call.record({ outcome: 'error', code: 'server.unreachable', masked })
    } finally {
      asks.give(weight)
    }
  }

  return {
    receive(message, related, answer = toServer, show) {
      const room = () => session().channelFor(related, tokenOf(message))?.room?.()
      // A record that cannot be written, or a server that is gone: there is nobody left to tell.
      if (message.kind === 'notification') {
        tell(message, related).catch(() => {})
        return room()
      }
      const taken = underWay(ask(message, related, answer, show))
      return taken === undefined ? room() : taken.then(room)
    },
    answered,
    mayRead(uri) {
      const { principals, server } = session()
      const request = { operation: operationOn('resource', uri) }
      const { effect } = decisionOf(request, (operation) =>
        house.decide({ principals, server, operation }),
      )
      return effect === 'allow'
    },
    forget() {
      generation++
      news.forget()
      for (const { record, masked, weight, stop } of asked.values()) {
        stop()
        share().answers.give(weight)
        record({ outcome: 'cancelled', code: 'server.ended', masked })
      }
      asked.clear()
    },
  }
}

const tokenOf = ({ params }: RequestMessage | NotificationMessage) =>
  params?.member('progressToken')?.raw ?? null
const notOffered = () =>
  new WarderError('bridge.not_offered', 'The client has not said that it takes such requests.')
const away = () => new WarderError('bridge.client_away', 'The client cannot be asked now.')
const refused = (reason: string) => new WarderError('policy.denied', reason)
const noRoom = () =>
  new WarderError('bridge.busy', 'There is no room for this question, or its answer.')
const tooMany = () =>
  new WarderError('bridge.busy', 'Too many requests of this server wait for the client.')
