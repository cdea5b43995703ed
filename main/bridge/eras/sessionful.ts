import { randomUUID } from 'node:crypto'
import { WarderError } from '../../errors.ts'
import type { Room } from '../../runtime/budget.ts'
import { createBriefMap } from '../brief-map.ts'
import {
  cancelled,
  progressTokenOf,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { createUnderWay } from '../under-way.ts'
import type { Credential, LinkHost, Upstream } from '../upstream/upstream.ts'
import { claimOf, isRefusal } from './claim.ts'
import { completed } from './complete-result.ts'
import { type HeldCall, holdCall } from './held-call.ts'
import { createListening, LISTEN } from './listening.ts'
import { PROGRESS, type Round } from './notices.ts'
import { inputRequired, MAY_NEED_INPUT, missingAbilities, urlQuestions } from './questions.ts'
import { type RequestStates, unknownState } from './request-state.ts'
import { hearServer } from './server-words.ts'
import { discoverResult, serverInfoOf } from './session-opening.ts'
import { inSession } from './session-request.ts'

/**
 * A server with sessions for a client that has none (ADR 13). The session is opened by the connection, in the client's
 * name; here each request that stood alone becomes one of it, and each answer one that stands alone. What the server
 * asks before it answers is the answer to one request, and what the client says to that comes with the next (ADR 14).
 */
export interface Sessionful {
  /** What the connection to the server is to tell. */
  readonly host: LinkHost
  /** @param inner the connection that speaks the server's own revision */
  over(inner: Upstream): Upstream
}

/** The state of a client that was sent to a URL: the server keeps no call for it. */
const FROM_THE_START = 'again'

/** @param caller whose requests these are, and to which server @param room where calls count whose client has the floor */
export function createSessionful(
  host: LinkHost,
  options: { states: RequestStates; caller: string; room: Room },
): Sessionful {
  // Another link has other calls of the same ids.
  const states = options.states.of(`${options.caller} ${randomUUID()}`)
  const calls = createBriefMap<string, HeldCall>()
  /** What the requests count for that were answered with a question: nobody else has them among what is under way. */
  const weights = new Map<string, number>()
  /** Answers the server. */
  let toServer: (text: string) => Promise<void> | undefined = () => undefined
  const underWay = createUnderWay()
  const listening = createListening(host)
  const ended = new AbortController()
  let opened: ResponseMessage | null = null
  /** What the server was told last. */
  let level: string | null = null
  let counter = 0

  const info = () => (opened?.result === undefined ? null : serverInfoOf(opened.result))

  function over(inner: Upstream): Upstream {
    async function setLevel(
      wanted: string | null,
      credential: Credential,
      signal: AbortSignal,
    ): Promise<void> {
      const logs = opened?.result?.member('capabilities')?.member('logging')?.kind === 'object'
      if (wanted === null || wanted === level || !logs) return
      const before = level
      level = wanted
      const id = JSON.stringify(`warder-level-${++counter}`)
      const text = `{"jsonrpc":"2.0","id":${id},"method":"logging/setLevel","params":{"level":"${wanted}"}}`
      await inner.request(text, id, credential, signal).catch((error: unknown) => {
        if (level === wanted) level = before
        throw error
      })
    }

    /** @param first whose id the request has at the server, for as many rounds as there are */
    function begin(message: RequestMessage, first: Round, credential: Credential): HeldCall {
      const { id } = first
      const claim = claimOf(message)
      if (isRefusal(claim)) throw new WarderError('bridge.malformed', claim.reason)
      const call = holdCall({
        message,
        first,
        abilities: claim.capabilities,
        async run(signal) {
          const giveUp = () => void inner.send(cancelled(id), credential).catch(() => {})
          signal.addEventListener('abort', giveUp, { once: true })
          try {
            const text = inSession(message, JSON.stringify(PROGRESS + id))
            return await inner.request(text, id, credential, signal)
          } finally {
            signal.removeEventListener('abort', giveUp)
          }
        },
        tell: (said) => void onMessage(said, id),
        over() {
          calls.delete(id)
          options.room.give(weights.get(id) ?? 0)
          weights.delete(id)
        },
      })
      calls.set(id, call)
      return call
    }

    /** @throws WarderError `bridge.busy` where the call cannot be kept until its client comes back */
    function keep(key: string, call: HeldCall): void {
      if (weights.has(key)) return
      if (options.room.take(call.weight)) return void weights.set(key, call.weight)
      call.giveUp()
      throw new WarderError('bridge.busy', 'There is no room to keep this call while it asks.')
    }

    async function round(
      key: string,
      call: HeldCall,
      message: RequestMessage,
      own: Round,
      signal: AbortSignal,
    ): Promise<ResponseMessage> {
      const answer = await call.next(own, signal)
      if (answer === null) {
        keep(key, call)
        const state = states.seal(message, key)
        return answering(own.id, inputRequired(call.questions(), state, info()))
      }
      if (answer.error !== undefined && Object.keys(call.lacking).length > 0)
        return said(missingAbilities(own.id, call.lacking))
      const elsewhere = answer.error === undefined ? null : urlQuestions(answer.error)
      const url = call.abilities.member('elicitation')?.member('url')?.kind === 'object'
      if (elsewhere === null || !url || !MAY_NEED_INPUT.has(message.method))
        return completed(answer, message.method, info())
      const questions = new Map(elsewhere.map((text, index) => [String(index + 1), text]))
      const state = states.seal(message, FROM_THE_START)
      return answering(own.id, inputRequired(questions, state, info()))
    }

    async function forward(
      message: RequestMessage,
      id: string,
      credential: Credential,
      signal: AbortSignal,
    ): Promise<ResponseMessage> {
      const { params } = message
      const claim = claimOf(message)
      const logLevel = isRefusal(claim) ? null : claim.logLevel
      const own = { id, progressToken: progressTokenOf(message), logLevel }
      await setLevel(logLevel, credential, signal)
      // Answers without the state answer nothing that was asked here: they stay, and the server asks (§ Error Handling).
      if (params?.member('requestState') === undefined)
        return round(id, begin(message, own, credential), message, own, signal)
      const key = states.open(message)?.content
      if (key === FROM_THE_START)
        return round(id, begin(message, own, credential), message, own, signal)
      const call = key === undefined ? undefined : calls.get(key)
      if (key === undefined || call === undefined || call.round !== null) return unknownState(id)
      call.answer(params.member('inputResponses'))
      return round(key, call, message, own, signal)
    }

    return {
      async request(text, id, credential, signal) {
        toServer = (answer) => underWay(inner.send(answer, credential))
        const message = readMessage(text) as RequestMessage
        switch (message.method) {
          case 'initialize':
            opened = await inner.request(text, id, credential, signal)
            return opened
          case 'server/discover':
            return answering(id, discoverResult(openedOr(opened)))
          case LISTEN: {
            const features = opened?.result?.member('capabilities')
            const ask = (method: string, params: string) => {
              const own = JSON.stringify(`warder-listen-${++counter}`)
              const text = `{"jsonrpc":"2.0","id":${own},"method":"${method}","params":${params}}`
              return inner.request(text, own, credential, ended.signal)
            }
            return listening.listen(message, id, features, ask, signal)
          }
          default:
            return forward(message, id, credential, signal)
        }
      },
      async send(text, credential) {
        const message = readMessage(text)
        // What a client gives up is told to the server where its request is.
        if (message.kind === 'notification' && message.method === 'notifications/cancelled') return
        await inner.send(text, credential)
      },
      async close(goodbye) {
        for (const call of calls.values()) call.giveUp()
        listening.end()
        ended.abort()
        await inner.close(goodbye)
      },
    }
  }
  const onMessage = hearServer(host, { calls, listening, refuse: (text) => toServer(text) })
  return { host: { ...host, onMessage }, over }
}

const answering = (id: string, result: string) => said(resultResponse(id, result))

const said = (text: string) => readMessage(text) as ResponseMessage

function openedOr(opened: ResponseMessage | null) {
  if (opened?.result?.kind === 'object') return opened.result
  throw new WarderError('server.protocol', 'The server did not say what it is.')
}
