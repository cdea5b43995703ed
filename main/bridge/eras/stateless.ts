import { WarderError } from '../../errors.ts'
import {
  errorResponse,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { METHOD_NOT_FOUND } from '../refusal.ts'
import { readServerMessage } from '../upstream/event-stream.ts'
import type { HttpUpstream } from '../upstream/http.ts'
import {
  type Credential,
  type LinkHost,
  NotProcessed,
  type Round,
  type Upstream,
} from '../upstream/upstream.ts'
import { INVALID_PARAMS, LOG_LEVELS } from './claim.ts'
import { createInputs } from './input-required.ts'
import { createListedTools, nextCursor } from './listed-tools.ts'
import { mirroredHeaders } from './mirrored-headers.ts'
import { openingResult, speakerOf } from './opening.ts'
import { type Speaker, standAlone } from './request-meta.ts'
import { codeOf, HEADER_MISMATCH, MODERN } from './revisions.ts'
import { createSubscriptions } from './subscriptions.ts'

/** The session of one client, spoken to a server of the stateless revision. */
export interface Stateless extends Pick<Upstream, 'request'> {
  /** Probes the server in the client's name. */
  discover(
    initialize: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  /** A notification: what the client may hear of it is passed on. */
  hear(message: NotificationMessage, related: string | null): ReturnType<LinkHost['onMessage']>
  /** The client is open: it may be told what it did not ask for. */
  listen(credential: Credential): void
  end(): void
}

/** A list may have so many pages. */
export const MOST_PAGES = 32

const MAY_NEED_INPUT = new Set(['tools/call', 'prompts/get', 'resources/read'])

/** Where requests go that stand alone. */
export interface StatelessEndpoint extends Pick<HttpUpstream, 'ask'> {
  /** True where part of a request is repeated in headers. */
  readonly mirrors: boolean
  /** Tells the server that nobody waits for a request any more; absent where it notices (MCP 2026-07-28, Cancellation). */
  cancel?(id: string, credential: Credential): void
}

export function createStateless(endpoint: StatelessEndpoint, host: LinkHost): Stateless {
  let speaker: Speaker = { info: '{}', capabilities: '{}', logLevel: null }
  let discovered: ResponseMessage | null = null
  let counter = 0
  const tools = createListedTools()
  const calls = new Map<string, string>()
  const inputs = createInputs({
    abilities: () => speaker.capabilities,
    ask: host.onMessage,
  })
  const subscriptions = createSubscriptions({
    host,
    ownId,
    capabilities: () => discovered?.result?.member('capabilities') ?? null,
    ask: (params, id, credential, signal) =>
      askOnce(ownMessage('subscriptions/listen', params), id, credential, signal),
    cancel: endpoint.cancel,
  })
  let open = false

  function ownId(): string {
    return JSON.stringify(`warder-${++counter}`)
  }

  async function askOnce(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    more?: Record<string, string>,
  ): Promise<ResponseMessage> {
    const text = standAlone(message, id, speaker, more)
    return endpoint.ask(text, id, credential, signal, headersOf(message))
  }

  const headersOf = (message: RequestMessage) =>
    endpoint.mirrors ? mirroredHeaders(message, MODERN, mirrored(message)) : {}

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

  async function track<T>(id: string, call: string, ask: () => Promise<T>): Promise<T> {
    calls.set(id, calls.get(call) ?? call)
    try {
      return await ask()
    } finally {
      calls.delete(id)
    }
  }

  /** One round of a call: the server answers it, or wants to know more. */
  async function forward(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    round?: Round,
  ): Promise<ResponseMessage> {
    const own = round === undefined ? id : ownId()
    const giveUp = () => endpoint.cancel?.(own, credential)
    signal.addEventListener('abort', giveUp, { once: true })
    const answer = await track(own, id, () =>
      askOnce(message, own, credential, signal, round?.members),
    ).finally(() => signal.removeEventListener('abort', giveUp))
    if (endpoint.mirrors && message.method === 'tools/call' && codeOf(answer) === HEADER_MISMATCH)
      await lookUpHeaders(message, credential, signal)
    if (wantsInput(answer, message.method))
      throw inputs.wanted(answer, id, (round?.wanted.rounds ?? 0) + 1)
    return endpoint.mirrors && message.method === 'tools/list' ? tools.read(answer) : answer
  }

  /** @throws NotProcessed where the list of tools names headers that did not go along */
  async function lookUpHeaders(
    message: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<void> {
    const headers = () => JSON.stringify(headersOf(message))
    const before = headers()
    await listTools(credential, signal)
    if (headers() !== before) throw new NotProcessed('headers-wanted')
  }

  /** The client's subscriptions are what Warder listens for in its name. */
  async function subscription(
    { method, params }: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const uri = params?.member('uri')?.string()
    if (uri === undefined) return ownError(id, INVALID_PARAMS, 'uri is not a string')
    if (method === 'resources/unsubscribe') {
      subscriptions.unsubscribe(uri, credential)
      return own(id, '{}')
    }
    const taken = await subscriptions.subscribe(uri, credential, signal)
    return taken
      ? own(id, '{}')
      : ownError(id, METHOD_NOT_FOUND, 'This server takes no subscription of this resource.')
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
    async request(text, id, credential, signal, round) {
      const message = readMessage(text) as RequestMessage
      const { method, params } = message
      if (method === 'initialize') {
        const result = openingResult(message, discovered?.result ?? null)
        return readServerMessage(resultResponse(id, result)) as ResponseMessage
      }
      if (method === 'ping') return own(id, '{}')
      if (method === 'logging/setLevel') {
        const level = params?.member('level')?.string() ?? ''
        if (!LOG_LEVELS.includes(level))
          return ownError(id, INVALID_PARAMS, 'This log level is not known.')
        speaker = { ...speaker, logLevel: JSON.stringify(level) }
        return own(id, '{}')
      }
      if (method === 'resources/subscribe' || method === 'resources/unsubscribe')
        return subscription(message, id, credential, signal)
      // What was sent on the way there has the id of the round; the client knows the call's.
      const answer = idAs(await forward(message, id, credential, signal, round), id)
      if (open) subscriptions.start(credential)
      return answer
    },
    hear(message, related) {
      return subscriptions.owns(message, related)
        ? subscriptions.hear(message, related)
        : host.onMessage(message, related && (calls.get(related) ?? related))
    },
    listen(credential) {
      open = true
      subscriptions.start(credential)
    },
    end() {
      inputs.end()
      subscriptions.end()
    },
  }
}

const own = (id: string, result: string) =>
  readMessage(resultResponse(id, result)) as ResponseMessage

const ownError = (id: string, code: number, message: string) =>
  readMessage(errorResponse(id, code, message)) as ResponseMessage

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
