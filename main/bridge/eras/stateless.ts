import { WarderError } from '../../errors.ts'
import {
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { readServerMessage } from '../upstream/event-stream.ts'
import type { HttpUpstream } from '../upstream/http.ts'
import {
  type Credential,
  NotProcessed,
  type Upstream,
  type UpstreamEvents,
} from '../upstream/upstream.ts'
import { createInputs } from './input-required.ts'
import { createListedTools, nextCursor } from './listed-tools.ts'
import { mirroredHeaders } from './mirrored-headers.ts'
import { openingResult, speakerOf } from './opening.ts'
import { type Speaker, standAlone } from './request-meta.ts'
import { codeOf, HEADER_MISMATCH, MODERN } from './revisions.ts'

/** The session of one client, spoken to a server of the stateless revision. */
export interface Stateless extends Pick<Upstream, 'request'> {
  /** Probes the server in the client's name. */
  discover(
    initialize: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  /** The client's answer to a question, or a notification: the latter have nobody who could use them. */
  send(text: string): void
  /** Where a message on the stream of a request belongs. */
  callOf(id: string): string
  end(): void
}

/** A server may ask so many times before it answers a call, and a list may have so many pages. */
const MOST_ROUNDS = 16
const MOST_PAGES = 32

/** What a client of the session's revision may ask, and no server of the stateless one knows. */
const GONE = new Set(['resources/subscribe', 'resources/unsubscribe'])
const MAY_NEED_INPUT = new Set(['tools/call', 'prompts/get', 'resources/read'])

export function createStateless(http: HttpUpstream, events: UpstreamEvents): Stateless {
  let speaker: Speaker = { info: '{}', capabilities: '{}', logLevel: null }
  let discovered: ResponseMessage | null = null
  let counter = 0
  const tools = createListedTools()
  const calls = new Map<string, string>()
  const inputs = createInputs({
    abilities: () => speaker.capabilities,
    ask: (question, related) => events.onMessage(question, related),
  })

  const ownId = () => JSON.stringify(`warder-${++counter}`)

  async function askOnce(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    more?: Record<string, string>,
  ): Promise<ResponseMessage> {
    const text = standAlone(message, id, speaker, more)
    return http.ask(
      text,
      id,
      credential,
      signal,
      mirroredHeaders(message, MODERN, mirrored(message)),
    )
  }

  function mirrored({ method, params }: RequestMessage) {
    if (method !== 'tools/call') return []
    const found = tools.parameters(params?.member('name')?.string() ?? '')
    if (found === null)
      throw new WarderError('server.protocol', 'The server describes this tool in an invalid way.')
    return found ?? []
  }

  function ownMessage(method: string, params: string): RequestMessage {
    const text = `{"jsonrpc":"2.0","id":0,"method":${JSON.stringify(method)},"params":${params}}`
    return readMessage(text) as RequestMessage
  }

  /** All pages anew, for the headers that their tools want. */
  async function listTools(credential: Credential, signal: AbortSignal): Promise<void> {
    let params = '{}'
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await askOnce(ownMessage('tools/list', params), ownId(), credential, signal)
      tools.read(answer)
      const cursor = nextCursor(answer)
      if (cursor === null) return
      params = `{"cursor":${cursor}}`
    }
  }

  /** One round of a call. The server refused it unread where the headers were wrong or a nonce was wanted. */
  async function round(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    more?: Record<string, string>,
  ): Promise<ResponseMessage> {
    const answer = await askOnce(message, id, credential, signal, more).catch((error: unknown) => {
      // The first round is the relay's to make again, as a call of its own.
      const repeats = more !== undefined && error instanceof NotProcessed
      if (!repeats || error.reason !== 'nonce-wanted') throw error
      return askOnce(message, id, credential, signal, more)
    })
    if (message.method !== 'tools/call' || codeOf(answer) !== HEADER_MISMATCH) return answer
    await listTools(credential, signal)
    if (mirrored(message).length === 0) return answer
    const again = ownId()
    return track(again, id, () => askOnce(message, again, credential, signal, more))
  }

  async function track<T>(id: string, call: string, ask: () => Promise<T>): Promise<T> {
    calls.set(id, calls.get(call) ?? call)
    try {
      return await ask()
    } finally {
      calls.delete(id)
    }
  }

  async function forward(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    let answer = await round(message, id, credential, signal)
    for (let rounds = 0; wantsInput(answer, message.method); rounds++) {
      if (rounds === MOST_ROUNDS || answer.result === undefined)
        throw new WarderError('server.protocol', 'The server asks again and again.')
      const more = await inputs.gather(answer.result, id, signal)
      const next = ownId()
      answer = await track(next, id, () => round(message, next, credential, signal, more))
    }
    return message.method === 'tools/list' ? tools.read(answer) : answer
  }

  return {
    discover(initialize, credential, signal) {
      speaker = speakerOf(initialize)
      const probe = ownMessage('server/discover', '{}')
      return askOnce(probe, ownId(), credential, signal).then((answer) => {
        discovered = answer.result === undefined ? null : answer
        return answer
      })
    },
    async request(text, id, credential, signal) {
      const message = readMessage(text) as RequestMessage
      const { method, params } = message
      if (method === 'initialize') {
        const result = openingResult(message, discovered?.result ?? null)
        return readServerMessage(resultResponse(id, result)) as ResponseMessage
      }
      if (method === 'ping') return own(id, '{}')
      if (method === 'logging/setLevel') {
        speaker = { ...speaker, logLevel: params?.member('level')?.raw ?? null }
        return own(id, '{}')
      }
      if (GONE.has(method)) return ownError(id)
      // What was sent on the way there has the id of the round; the client knows the call's.
      return idAs(await forward(message, id, credential, signal), id)
    },
    send(text) {
      inputs.answered(text)
    },
    callOf: (id) => calls.get(id) ?? id,
    end: inputs.end,
  }
}

const own = (id: string, result: string) =>
  readMessage(resultResponse(id, result)) as ResponseMessage

const ownError = (id: string) =>
  readMessage(
    `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"This server takes no subscriptions of a session."}}`,
  ) as ResponseMessage

const idAs = (answer: ResponseMessage, id: string): ResponseMessage => ({ ...answer, id })

/** @throws WarderError `server.protocol` for a kind of result that Warder does not know */
function wantsInput({ result }: ResponseMessage, method: string): boolean {
  const type = result?.member('resultType')
  if (type === undefined || type.string() === 'complete') return false
  if (type.string() === 'input_required' && MAY_NEED_INPUT.has(method)) return true
  throw new WarderError(
    'server.protocol',
    'The server answered with a kind of result that has no place here.',
  )
}
