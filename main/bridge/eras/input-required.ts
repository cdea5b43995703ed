import { randomUUID } from 'node:crypto'
import { WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import { type RequestMessage, type ResponseMessage, readMessage } from '../envelope.ts'
import { type JsonNode, readJson } from '../json-scan.ts'
import { InputWanted, type UpstreamEvents } from '../upstream/upstream.ts'
import { refusalOf } from './questions.ts'

/**
 * What a server wants to know before it answers (MCP 2026-07-28, Multi Round-Trip Requests). The client of a session is
 * asked as a server of its own era would have asked it, so that each question is decided and recorded.
 */
export interface Inputs {
  /**
   * Reads what is wanted; nothing of it is asked yet.
   *
   * @param related the call that waits for it
   * @param rounds so many it has had
   * @returns what asks the client, for members of the next round: its answers, and the server's state byte for byte
   * @throws WarderError `server.protocol` for what the client never said that it can do
   */
  wanted(answer: ResponseMessage, related: string, rounds: number): InputWanted
  /** Nobody answers any more. */
  end(): void
}

const MOST_QUESTIONS = 32
/** A server may ask so many times before it answers a call. */
const MOST_ROUNDS = 16

export function createInputs(options: {
  /** The client's abilities, as JSON text. */
  abilities: () => string
  ask: UpstreamEvents['onMessage']
}): Inputs {
  const waiting = new Set<PromiseWithResolvers<ResponseMessage>>()

  function question({ value }: { value: JsonNode }): RequestMessage {
    const method = value.member('method')?.string() ?? ''
    const given = value.member('params')
    const params = given === undefined ? '' : `,"params":${paramsOf(given)}`
    const id = JSON.stringify(`warder-input-${randomUUID()}`)
    const asked = readMessage(
      `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${params}}`,
    ) as RequestMessage
    if (refusalOf(asked, readJson(options.abilities())) !== null)
      throw wrong('asks for something that this client has not declared')
    return asked
  }

  async function answerTo(
    asked: RequestMessage,
    related: string,
    signal: AbortSignal,
  ): Promise<string> {
    const answer = Promise.withResolvers<ResponseMessage>()
    answer.promise.catch(() => {})
    waiting.add(answer)
    try {
      options.ask(asked, related, (text) => answer.resolve(readMessage(text) as ResponseMessage))
      const { result } = await unlessAborted(answer.promise, signal)
      if (result === undefined) throw wrong('asked something that the client did not answer')
      return result.raw
    } finally {
      waiting.delete(answer)
    }
  }

  return {
    wanted(answer, related, rounds) {
      const { value: result } = answer
      if (rounds > MOST_ROUNDS) throw wrong('asks again and again')
      const state = result.member('requestState')
      const requests = result.member('inputRequests')
      if (state === undefined && requests === undefined)
        throw wrong('wants input and says not which')
      if (state !== undefined && state.kind !== 'string')
        throw wrong('keeps a state that is no text')
      const members = requests?.members() ?? []
      if ((requests && requests.kind !== 'object') || members.length > MOST_QUESTIONS)
        throw wrong('asks in a way that cannot be answered')
      // All of them are looked at before the first one reaches a person.
      const questions = members.map(question)
      return new InputWanted(answer, rounds, async (signal) => {
        const answers = await Promise.all(questions.map((one) => answerTo(one, related, signal)))
        const texts = members.map(({ name }, index) => `${JSON.stringify(name)}:${answers[index]}`)
        return {
          ...(requests === undefined ? {} : { inputResponses: `{${texts.join(',')}}` }),
          ...(state === undefined ? {} : { requestState: state.raw }),
        }
      })
    },
    end() {
      for (const { reject } of waiting)
        reject(new WarderError('server.ended', 'The session has ended.'))
    },
  }
}

/** The session's revision wants an id for what a person does at a URL; the stateless one has none. */
function paramsOf(params: JsonNode): string {
  if (params.member('mode')?.string() !== 'url' || params.member('elicitationId')) return params.raw
  return `{"elicitationId":${JSON.stringify(randomUUID())},${params.raw.slice(1)}`
}

const wrong = (what: string) => new WarderError('server.protocol', `The server ${what}.`)
