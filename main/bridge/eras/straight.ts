import { randomUUID } from 'node:crypto'
import { isWarderError, WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import {
  progressTokenOf,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { type Edit, removals, withMembers } from '../json-edit.ts'
import { type JsonNode, splice } from '../json-scan.ts'
import { type Credential, type LinkHost, NotProcessed } from '../upstream/upstream.ts'
import { claimOf, isRefusal, SPOKEN_REVISIONS } from './claim.ts'
import { isCached, ofOne, valued } from './complete-result.ts'
import { createListedTools, nextCursor } from './listed-tools.ts'
import { LISTEN, LISTS, onStream, SUBSCRIPTION } from './listening.ts'
import { mirroredHeaders } from './mirrored-headers.ts'
import { hearNotices, PROGRESS, type Round } from './notices.ts'
import { MAY_NEED_INPUT, refusalOf } from './questions.ts'
import { type OpenedState, type RequestStates, unknownState } from './request-state.ts'
import { codeOf, HEADER_MISMATCH, MODERN } from './revisions.ts'
import { createStateless, MOST_PAGES, type Stateless, type StatelessEndpoint } from './stateless.ts'

/**
 * A server without sessions for a client that has none either: the client's bytes go there and the server's come back.
 * What lies between them is what an intermediary owes: headers made from the body, a state of the server that the client
 * carries sealed (ADR 14), and lists that belong to one client, since they were filtered for it.
 */
export function createStraight(
  endpoint: StatelessEndpoint,
  host: LinkHost,
  options: { states: RequestStates; caller: string },
): Stateless {
  const states = options.states.of(options.caller)
  /** Speaks for Warder itself: the probe, and lists of tools for the headers that they name. */
  const own = createStateless(endpoint, host)
  const tools = createListedTools()
  const rounds = new Map<string, Round>()
  const notices = hearNotices(host, rounds)
  const gone = new AbortController()
  /** Requests that only listen. */
  const streams = new Set<string>()

  function headersOf(message: RequestMessage): Record<string, string> {
    if (!endpoint.mirrors) return {}
    const name = message.params?.member('name')?.string() ?? ''
    const mirrored = message.method === 'tools/call' ? tools.parameters(name) : []
    if (mirrored === null)
      throw new WarderError('server.protocol', 'The server describes this tool in an invalid way.')
    return mirroredHeaders(message, MODERN, mirrored ?? [])
  }

  /** @throws NotProcessed where the list of tools names headers that did not go along */
  async function lookUpHeaders(
    message: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<void> {
    const before = JSON.stringify(headersOf(message))
    let params = '{}'
    for (let page = 0; page < MOST_PAGES; page++) {
      const id = JSON.stringify(`warder-list-${randomUUID()}`)
      const text = `{"jsonrpc":"2.0","id":${id},"method":"tools/list","params":${params}}`
      const answer = await own.request(text, id, credential, signal)
      tools.read(answer)
      const cursor = nextCursor(answer)
      if (cursor === null) break
      params = `{"cursor":${cursor}}`
    }
    if (JSON.stringify(headersOf(message)) !== before) throw new NotProcessed('headers-wanted')
  }

  async function ask(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const { params } = message
    const state = params?.member('requestState')
    const opened = state && states.open(message)
    if (opened === null) return unknownState(id)
    const text = splice(message.text, [
      ...(state && opened ? stateEdits(message, state, opened) : []),
      ...(endpoint.mirrors ? [] : tokenEdits(message, id)),
    ])
    const giveUp = () => endpoint.cancel?.(id, credential)
    signal.addEventListener('abort', giveUp, { once: true })
    rounds.set(id, roundOf(message, id))
    try {
      return await endpoint.ask(text, id, credential, signal, headersOf(message))
    } catch (error) {
      // The relay makes it again, as it came.
      if (error instanceof NotProcessed) opened?.giveBack()
      throw error
    } finally {
      rounds.delete(id)
      signal.removeEventListener('abort', giveUp)
    }
  }

  async function forward(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const answer = await ask(message, id, credential, signal)
    const { method } = message
    if (endpoint.mirrors && method === 'tools/call' && codeOf(answer) === HEADER_MISMATCH)
      await lookUpHeaders(message, credential, signal)
    const { result } = answer
    if (result?.kind !== 'object') return answer
    if (result.member('resultType')?.string() === 'input_required')
      return sealed(message, answer, result, id, signal)
    if (method === 'server/discover')
      return valued(answer, withMembers(result, { ...OURS, ...ofOne(result) }))
    const listed = endpoint.mirrors && method === 'tools/list' ? tools.read(answer) : answer
    if (!isCached(method) || listed.result === undefined) return listed
    return valued(listed, withMembers(listed.result, ofOne(listed.result)))
  }

  /** The server's questions, each of them decided and recorded, with its state inside one of ours. */
  async function sealed(
    message: RequestMessage,
    answer: ResponseMessage,
    result: JsonNode,
    id: string,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const claim = claimOf(message)
    const state = result.member('requestState')
    const misplaced = !MAY_NEED_INPUT.has(message.method) || isRefusal(claim)
    if (misplaced || (state !== undefined && state.string() === undefined))
      throw wrong('asks in a way that has no place here')
    const questions = result.member('inputRequests')?.members() ?? []
    if (questions.length > MOST_QUESTIONS) throw wrong('asks too much at once')
    const read = questions.map(({ value }) => questionOf(value))
    for (const question of read)
      if (refusalOf(question, claim.capabilities) !== null)
        throw wrong(`needs ${question.method}, which this client did not declare`)
    const asked = Promise.all(read.map((question) => admit(host, question, id)))
    await unlessAborted(asked, AbortSignal.any([signal, gone.signal]))
    return valued(
      answer,
      withMembers(result, { requestState: states.seal(message, state?.raw ?? '') }),
    )
  }

  /** What the client may hear of is asked for, and decided once more when there is news of it. */
  async function listen(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const wanted = message.params?.member('notifications')?.member('resourceSubscriptions')
    if (wanted !== undefined && wanted.kind !== 'array') throw unreadable()
    const kept = wanted?.elements().filter((uri) => host.mayRead?.(uri) === true) ?? []
    const text = `[${kept.map(({ raw }) => raw).join(',')}]`
    const edits = wanted === undefined ? [] : [{ start: wanted.start, end: wanted.end, text }]
    streams.add(id)
    try {
      const asked = readMessage(splice(message.text, edits)) as RequestMessage
      return await ask(asked, id, credential, signal)
    } finally {
      streams.delete(id)
    }
  }

  return {
    discover: own.discover,
    async request(text, id, credential, signal) {
      const message = readMessage(text) as RequestMessage
      if (message.method === 'initialize') return own.request(text, id, credential, signal)
      if (message.method === LISTEN) return listen(message, id, credential, signal)
      return forward(message, id, credential, signal)
    },
    hear(message, related) {
      const stream = related ?? message.params?.member('_meta')?.member(SUBSCRIPTION)?.raw ?? ''
      if (streams.has(stream))
        return ON_STREAMS.has(message.method)
          ? host.onMessage(onStream(message, stream), stream)
          : undefined
      const heard = notices(message, related)
      if (heard !== false) return heard
      return related === null ? undefined : host.onMessage(message, related)
    },
    // Its client says by itself what it listens for.
    listen: () => {},
    end() {
      gone.abort(new WarderError('server.ended', 'The server has ended.'))
      own.end()
    },
  }
}

const MOST_QUESTIONS = 32
const OURS = { supportedVersions: JSON.stringify(SPOKEN_REVISIONS) }

/** The server's own state byte for byte; nothing, where it had none. */
function stateEdits(
  { text, params }: RequestMessage,
  state: JsonNode,
  opened: OpenedState,
): Edit[] {
  if (opened.content !== '') return [{ start: state.start, end: state.end, text: opened.content }]
  return params === undefined ? [] : removals(text, params, new Set(['requestState']))
}

/** On a pipe all requests share one way back, so that each needs a token that no other one has. */
function tokenEdits({ params }: RequestMessage, id: string): Edit[] {
  const token = params?.member('_meta')?.member('progressToken')
  if (token === undefined) return []
  return [{ start: token.start, end: token.end, text: JSON.stringify(PROGRESS + id) }]
}

function roundOf(message: RequestMessage, id: string): Round {
  const claim = claimOf(message)
  return {
    id,
    progressToken: progressTokenOf(message),
    logLevel: isRefusal(claim) ? null : claim.logLevel,
  }
}

function questionOf(value: JsonNode): RequestMessage {
  const id = JSON.stringify(`warder-input-${randomUUID()}`)
  const method = JSON.stringify(value.member('method')?.string() ?? '')
  const params = value.member('params')
  const rest = params === undefined ? '' : `,"params":${params.raw}`
  try {
    return readMessage(`{"jsonrpc":"2.0","id":${id},"method":${method}${rest}}`) as RequestMessage
  } catch (error) {
    if (isWarderError(error, 'bridge.malformed')) throw wrong('asks in a way that cannot be read')
    throw error
  }
}

/** @throws WarderError `policy.denied` where this client may not be asked, or nobody could write down that it was */
function admit(host: LinkHost, question: RequestMessage, related: string): Promise<void> {
  const admitted = Promise.withResolvers<void>()
  const refused = () =>
    admitted.reject(new WarderError('policy.denied', 'Warder does not let the server ask this.'))
  host.onMessage(question, related, refused, (text, answered) => {
    admitted.resolve()
    // What the client says to it is part of its next call, and recorded there.
    const { id } = readMessage(text) as RequestMessage
    void answered(readMessage(resultResponse(id, '{}')) as ResponseMessage)
  })
  return admitted.promise
}

const ON_STREAMS: ReadonlySet<string> = new Set([
  'notifications/subscriptions/acknowledged',
  'notifications/resources/updated',
  ...LISTS.map(([, feature]) => `notifications/${feature}/list_changed`),
])

const unreadable = () =>
  new WarderError('bridge.malformed', 'The message is refused: resourceSubscriptions is no list.')
const wrong = (what: string) => new WarderError('server.protocol', `The server ${what}.`)
