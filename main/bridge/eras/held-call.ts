import { WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import {
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
} from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import { apart } from '../kept-text.ts'
import { limits } from '../limits.ts'
import type { Round } from './notices.ts'
import { inputRequest } from './questions.ts'

/**
 * A call that stays open at a server with sessions while its client, which has none, is asked in answers and answers in
 * calls: so many rounds as the server has questions.
 */
export interface HeldCall {
  /** What the client said that it can do. */
  readonly abilities: JsonNode
  readonly method: string
  /** What is kept of it, in bytes. */
  readonly weight: number
  /** The client's request that waits for it now; null while the client has the floor. */
  readonly round: Round | null
  /** Who is told of its progress and of the log: that request; while the client has the floor the one before, with `later`. */
  readonly listener: Round
  /**
   * Waits until it is answered or its server asks.
   * @returns null where it asks
   * @throws what the call failed with, or the signal's reason, and then the call is given up
   */
  next(round: Round, signal: AbortSignal): Promise<ResponseMessage | null>
  /** @param serverId the id under which the server asks */
  ask(serverId: string, text: string, answered: (answer: ResponseMessage) => Promise<void>): void
  /** What the server was not allowed to ask for, as the client would have to declare it. */
  readonly lacking: Record<string, object>
  /** The server takes its question back. */
  forget(serverId: string): void
  /** What the client has to answer, as `inputRequests`. */
  questions(): ReadonlyMap<string, string>
  /** Hands the client's answers to the server; what is no answer to a question of this call is dropped. */
  answer(responses: JsonNode | undefined): void
  /** Nobody waits for it any more. */
  giveUp(reason?: WarderError): void
}

interface Question {
  readonly serverId: string
  readonly id: string
  readonly text: string
  readonly answered: (answer: ResponseMessage) => Promise<void>
}

/**
 * @param first the request that makes it
 * @param tell hands what was said while the client had the floor to the request that waits now
 * @param over called once nothing can come of it any more
 */
export function holdCall(options: {
  message: RequestMessage
  first: Round
  abilities: JsonNode
  run: (signal: AbortSignal) => Promise<ResponseMessage>
  tell: (message: NotificationMessage) => void
  over: () => void
}): HeldCall {
  const { message, abilities, run, tell, over } = options
  const controller = new AbortController()
  const questions = new Map<string, Question>()
  /** What was said while the client had the floor. */
  const missed: { readonly text: string; readonly isLog: boolean }[] = []
  let moved = Promise.withResolvers<void>()
  let outcome: (() => ResponseMessage) | null = null
  let round: Round | null = null
  let last = options.first
  let counter = 0
  let patience: NodeJS.Timeout | undefined

  function move(): void {
    moved.resolve()
    moved = Promise.withResolvers()
  }

  function giveUp(reason?: WarderError): void {
    clearTimeout(patience)
    controller.abort(reason)
    over()
  }

  function keep({ text, method }: NotificationMessage): void {
    if (text.length > limits.missed.length) return
    missed.push({ text: apart(text), isLog: method === 'notifications/message' })
    const length = () => missed.reduce((sum, one) => sum + one.text.length, 0)
    const firstOfLog = () => missed.findIndex(({ isLog }) => isLog)
    // The log may be about something else, and is not to take the place of progress.
    while (missed.length > limits.missed.messages || length() > limits.missed.length)
      missed.splice(Math.max(firstOfLog(), 0), 1)
  }

  run(controller.signal).then(
    (answer) => {
      outcome = () => answer
      move()
    },
    (error: unknown) => {
      outcome = () => {
        throw error
      }
      move()
    },
  )

  return {
    abilities,
    lacking: {},
    method: message.method,
    weight: limits.callBytes + (message.params?.weight() ?? 0),
    get round() {
      return round
    },
    get listener() {
      return round ?? { ...last, later: keep }
    },
    async next(own, signal) {
      clearTimeout(patience)
      round = own
      last = own
      try {
        for (const { text } of missed.splice(0)) tell(readMessage(text) as NotificationMessage)
        while (outcome === null && questions.size === 0) await unlessAborted(moved.promise, signal)
      } catch (error) {
        giveUp()
        throw error
      } finally {
        round = null
      }
      if (outcome !== null) {
        over()
        return outcome()
      }
      patience = setTimeout(() => giveUp(tooLate()), limits.inputMs)
      patience.unref()
      return null
    },
    ask(serverId, text, answered) {
      const question = readMessage(text) as RequestMessage
      questions.set(String(++counter), {
        serverId,
        id: question.id,
        text: inputRequest(question),
        answered,
      })
      move()
    },
    forget(serverId) {
      for (const [key, question] of questions)
        if (question.serverId === serverId) questions.delete(key)
    },
    questions: () => new Map([...questions].map(([key, { text }]) => [key, text])),
    answer(responses) {
      for (const { name, value } of responses?.members() ?? []) {
        const question = questions.get(name)
        if (question === undefined || value.kind !== 'object') continue
        questions.delete(name)
        const text = `{"jsonrpc":"2.0","id":${question.id},"result":${value.raw}}`
        void question.answered(readMessage(text) as ResponseMessage)
      }
    },
    giveUp,
  }
}

const tooLate = () =>
  new WarderError('server.ended', 'The client did not answer what the server asked in time.')
