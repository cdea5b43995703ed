import { createParser } from 'eventsource-parser'
import { WarderError } from '../../errors.ts'
import type { Dispatcher } from '../../net/dialer.ts'
import { type Message, type ResponseMessage, readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import { type Credential, NotProcessed, type Upstream, type UpstreamEvents } from './upstream.ts'

/**
 * A remote server over Streamable HTTP (MCP 2025-11-25, basic/transports): one POST a message, answered with JSON or a
 * stream of server-sent events; a GET stream for what the server says unasked.
 */
export function connectHttp(options: {
  url: string
  dispatcher: Dispatcher
  events: UpstreamEvents
}): Upstream {
  const { dispatcher, events } = options
  const url = new URL(options.url)
  const closing = new AbortController()
  let session: string | null = null
  let protocolVersion: string | null = null
  let listening = false
  let last: Credential | null = null

  async function post(
    text: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    last = credential
    const answer = await exchange(
      'POST',
      { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      credential,
      signal,
      text,
    )
    if (answer.statusCode < 300) return answer
    answer.body.dump().catch(() => {})
    if (answer.statusCode === 401) throw new NotProcessed('unauthorized')
    if (answer.statusCode === 404 && session !== null) throw new NotProcessed('session-expired')
    throw refused(answer.statusCode)
  }

  function exchange(
    method: 'POST' | 'GET' | 'DELETE',
    headers: Record<string, string>,
    credential: Credential,
    signal: AbortSignal,
    body?: string,
  ): Promise<Dispatcher.ResponseData> {
    return dispatcher
      .request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: {
          ...headers,
          ...credential.headers,
          ...(session === null ? {} : { 'mcp-session-id': session }),
          ...(protocolVersion === null ? {} : { 'mcp-protocol-version': protocolVersion }),
        },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([signal, closing.signal]),
        headersTimeout: limits.answerTimeoutMs,
        // A stream may be silent for as long as a tool thinks.
        bodyTimeout: 0,
      })
      .catch((cause: unknown) => {
        if (cause instanceof WarderError) throw cause
        if (signal.aborted || closing.signal.aborted) throw cancelled()
        throw new WarderError('server.unreachable', `${url.host} cannot be reached.`, { cause })
      })
  }

  async function request(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const answer = await post(text, credential, signal)
    const opened = header(answer, 'mcp-session-id')
    if (opened !== undefined) session = visibleAscii(opened)
    const response = await readAnswer(answer, id)
    const version = response.result?.member('protocolVersion')?.string()
    if (protocolVersion === null && version !== undefined && /^[\d-]+$/.test(version))
      protocolVersion = version
    return response
  }

  async function readAnswer(answer: Dispatcher.ResponseData, id: string): Promise<ResponseMessage> {
    const type = mediaType(answer)
    if (type === 'application/json') {
      const message = readMessage(await readText(answer))
      if (message.kind !== 'response' || message.id !== id)
        throw notMcp('an answer to another question')
      return message
    }
    if (type !== 'text/event-stream') {
      answer.body.dump().catch(() => {})
      throw notMcp(`${type || 'nothing'} instead of JSON`)
    }
    for await (const message of readEvents(answer)) {
      if (message.kind !== 'response') events.onMessage(message, id)
      else if (message.id === id) {
        answer.body.destroy()
        return message
      }
    }
    throw new WarderError(
      'server.unreachable',
      `${url.host} ended its answer before it was complete.`,
    )
  }

  /** The stream for what the server says unasked; a server without one answers 405 (§ Listening for Messages). */
  async function listen(credential: Credential): Promise<void> {
    if (listening || closing.signal.aborted) return
    listening = true
    try {
      const answer = await exchange(
        'GET',
        { accept: 'text/event-stream' },
        credential,
        closing.signal,
      )
      if (answer.statusCode !== 200 || mediaType(answer) !== 'text/event-stream') {
        await answer.body.dump()
        return
      }
      for await (const message of readEvents(answer))
        if (message.kind !== 'response') events.onMessage(message, null)
      listening = false
    } catch {
      // Without the stream, answers still arrive; the next notification to the server opens it again.
      listening = false
    }
  }

  return {
    request,
    async send(text, credential) {
      const answer = await post(text, credential, closing.signal)
      await answer.body.dump()
      void listen(credential)
    },
    async close() {
      const ended = session
      closing.abort()
      if (ended === null || last === null) return
      session = null
      // Courtesy, not a duty: the server may answer 405 (§ Session Management).
      await dispatcher
        .request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: 'DELETE',
          headers: { ...last.headers, 'mcp-session-id': ended },
          signal: AbortSignal.timeout(limits.goodbyeTimeoutMs),
        })
        .then((answer) => answer.body.dump())
        .catch(() => {})
    },
  }
}

async function* readEvents(answer: Dispatcher.ResponseData): AsyncGenerator<Message> {
  const messages: Message[] = []
  let waiting = 0
  const parser = createParser({
    onEvent: ({ event, data }) => {
      waiting = 0
      // An event without data only carries an id to resume from.
      if ((event === undefined || event === 'message') && data !== '')
        messages.push(readMessage(data))
    },
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    waiting += chunk.length
    if (waiting > limits.messageBytes) throw tooLarge()
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* messages.splice(0)
  }
}

async function readText(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limits.messageBytes) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw notMcp('bytes that are not UTF-8', cause)
  }
}

function header(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

const mediaType = (answer: Dispatcher.ResponseData) =>
  (header(answer, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** A session id goes back in a header: visible ASCII only (§ Session Management). */
function visibleAscii(value: string): string {
  if (!/^[\x21-\x7e]{1,1024}$/.test(value)) throw notMcp('a session id that is not visible ASCII')
  return value
}

const cancelled = () =>
  new WarderError('server.unreachable', 'The call was given up before an answer came.')
const tooLarge = () =>
  new WarderError(
    'bridge.too_large',
    'The server sent a message that is larger than Warder forwards.',
  )
const notMcp = (what: string, cause?: unknown) =>
  new WarderError('server.protocol', `The server answered with ${what}.`, { cause })
const refused = (status: number) =>
  new WarderError('server.refused', `The server answered ${status}.`, { details: { status } })
