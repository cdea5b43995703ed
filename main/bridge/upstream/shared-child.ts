import { WarderError } from '../../errors.ts'
import { version } from '../../version.ts'
import { unlessAborted } from '../abort.ts'
import {
  cancelled,
  errorResponse,
  type NotificationMessage,
  progressTokenOf,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { SUBSCRIPTION } from '../eras/listening.ts'
import { type JsonNode, type Span, splice } from '../json-scan.ts'
import { INITIALIZED, LATEST_SESSION_REVISION } from '../opening.ts'
import type { ParkingTimer } from '../parking.ts'
import { createSharedLevels } from './shared-levels.ts'
import { createSharedResources } from './shared-resources.ts'
import { kept, METHOD_NOT_FOUND, revisionOf, withoutTasks } from './shared-words.ts'
import { connectStdio, type StartStdio } from './stdio.ts'
import type { Credential, UpstreamEvents } from './upstream.ts'

/** One session at a process that several share. */
export interface Seat {
  /**
   * Whether the process speaks with a session of this opening: it was opened for the same revision, or not at all yet. In
   * the second case it is opened now.
   * @throws WarderError as the opening does, or the signal's reason
   */
  suits(initialize: RequestMessage, credential: Credential, signal: AbortSignal): Promise<boolean>
  request(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  send(text: string, credential: Credential): Promise<void>
  /** Gives up the calls of this session, and nobody else's. */
  leave(): void
}

export interface SharedChild {
  sit(events: UpstreamEvents): Seat
  close(): Promise<void>
}

interface Chair {
  readonly events: UpstreamEvents
  /** Before its opening is answered a client must not be told anything. */
  opened: boolean
}

interface Call {
  readonly chair: Chair
  /** The session's own id of it, and its own token of progress. */
  readonly id: string
  readonly token: string | null
  readonly controller: AbortController
  cancelled: boolean
}

/**
 * One process of a local server for several sessions. Warder opens it in its own name and with no ability of a client, so
 * that it never asks one of them for what belongs to another. Ids and tokens of progress are ours.
 *
 * @throws WarderError as `start` does
 */
export async function startSharedChild(options: {
  start: StartStdio
  /** Answers what it asks; never rejects. */
  asked: (message: RequestMessage) => Promise<string>
  onClosed: () => void
  timer?: ParkingTimer
}): Promise<SharedChild> {
  const chairs = new Set<Chair>()
  const calls = new Map<string, Call>()
  const levels = createSharedLevels<Chair>()
  const resources = createSharedResources<Chair>()
  let counter = 0
  let gone = false
  let opening: { readonly asked: string; readonly answer: Promise<ResponseMessage> } | null = null

  const child = await connectStdio({
    ...options,
    events: {
      // Nobody waits for the slowest of them: a client that does not read is cut off at its own limit.
      onMessage: (message) => (message.kind === 'request' ? answer(message) : hear(message)),
      onClosed() {
        gone = true
        options.onClosed()
        for (const { events } of [...chairs]) events.onClosed()
      },
    },
  })

  /** No more is read from it until the one before is recorded: what it asks costs it as much as us. */
  async function answer(message: RequestMessage): Promise<void> {
    const { id, method } = message
    const text = method === 'ping' ? resultResponse(id, '{}') : await options.asked(message)
    child.send(text, NOBODYS).catch(() => {})
  }

  function hear(message: NotificationMessage): void {
    const { method, params } = message
    const stream = params?.member('_meta')?.member(SUBSCRIPTION)
    if (method === 'notifications/progress')
      tellOne(message, params?.member('progressToken'), ({ token }) => token)
    else if (stream !== undefined) tellOne(message, stream, ({ id }) => id)
    else if (FOR_ALL.has(method)) tellAll(message)
  }

  function tellAll(message: NotificationMessage): void {
    const { method, params } = message
    const uri = params?.member('uri')?.string()
    for (const chair of [...chairs]) {
      if (!chair.opened) continue
      if (method === 'notifications/message' && !levels.wants(chair, params)) continue
      if (method === 'notifications/resources/updated' && !resources.concerns(chair, uri)) continue
      chair.events.onMessage(message, null)
    }
  }

  /** @param own what the session calls it; null: it asked for nothing of the kind */
  function tellOne(
    message: NotificationMessage,
    named: (JsonNode & Span) | undefined,
    own: (call: Call) => string | null,
  ): void {
    const call = calls.get(named?.raw ?? '')
    const text = call === undefined ? null : own(call)
    if (call === undefined || named === undefined || text === null) return
    const { start, end } = named
    const told = readMessage(splice(message.text, [{ start, end, text }])) as NotificationMessage
    call.chair.events.onMessage(told, null)
  }

  async function open(asked: string, credential: Credential): Promise<ResponseMessage> {
    const id = String(++counter)
    const clientInfo = JSON.stringify({ name: 'warder', version })
    const text = `{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{"protocolVersion":${asked},"capabilities":{},"clientInfo":${clientInfo}}}`
    const said = await child.request(text, id, credential, NEVER)
    if (said.error !== undefined) return said
    await child.send(INITIALIZED, credential)
    return withoutTasks(said)
  }

  function openFor(asked: string, credential: Credential): void {
    const answer = open(asked, credential)
    const own = { asked, answer }
    opening = own
    // What was refused is asked for anew by the next session.
    const again = () => {
      if (opening === own) opening = null
    }
    answer.then(({ error }) => error && again(), again)
  }

  function giveUp(id: string): void {
    const call = calls.get(id)
    // With the last session the server itself is ended.
    if (call === undefined || call.cancelled || chairs.size === 0) return
    call.cancelled = true
    child.send(cancelled(id), NOBODYS).catch(() => {})
  }

  async function forward(
    chair: Chair,
    message: RequestMessage,
    own: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    signal.throwIfAborted()
    const id = String(++counter)
    const token = message.params?.member('_meta')?.member('progressToken')
    const edits = [{ ...spanOf(message.idSpan), text: id }]
    if (token !== undefined) edits.push({ ...spanOf(token), text: id })
    const controller = new AbortController()
    const call: Call = {
      ...{ chair, id: own, token: progressTokenOf(message) },
      ...{ controller, cancelled: false },
    }
    calls.set(id, call)
    const onAbort = () => controller.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    controller.signal.addEventListener('abort', () => giveUp(id), { once: true })
    try {
      const said = await child.request(
        splice(message.text, edits),
        id,
        credential,
        controller.signal,
      )
      return named(said, id, own)
    } catch (error) {
      throw chairs.has(chair) ? error : ended()
    } finally {
      calls.delete(id)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** A server that was opened already may end at the question for its era, and everybody's calls with it. */
  async function hasSessions(signal: AbortSignal): Promise<boolean> {
    if (opening === null) return false
    const said = await unlessAborted(opening.answer, signal).catch(() => null)
    signal.throwIfAborted()
    return said !== null && said.error === undefined
  }

  async function request(
    chair: Chair,
    ...[message, own, credential, signal]: Parameters<Seat['request']>
  ): Promise<ResponseMessage> {
    const { method, params } = message
    const pass = (changed = message) => forward(chair, changed, own, credential, signal)
    if (method === 'initialize') {
      if (opening === null) throw ended()
      const said = await unlessAborted(opening.answer, signal)
      chair.opened = true
      return { ...said, id: own }
    }
    if (method === 'server/discover') return (await hasSessions(signal)) ? refused(own) : pass()
    chair.opened = true
    // A task belongs to whoever began it, and such a server would show it to everybody.
    if (method.startsWith('tasks/') || params?.member('task') !== undefined) return refused(own)
    if (method === 'logging/setLevel') return pass(levels.set(chair, message))
    const uri = params?.member('uri')?.string()
    if (uri === undefined) return pass()
    if (method === 'resources/subscribe') return resources.subscribe(chair, uri, pass)
    if (method !== 'resources/unsubscribe') return pass()
    return resources.unsubscribe(chair, uri) ? pass() : kept(resultResponse(own, '{}'))
  }

  /** Of what a session says unasked, the server is told what it gives up: nothing else concerns it, or only the session. */
  async function send(chair: Chair, text: string): Promise<void> {
    const message = readMessage(text)
    if (message.kind !== 'notification' || message.method !== 'notifications/cancelled') return
    const requestId = message.params?.member('requestId')
    const [id, call] =
      [...calls].find(([, call]) => call.chair === chair && call.id === requestId?.raw) ?? []
    if (requestId === undefined || id === undefined || call === undefined || call.cancelled) return
    call.cancelled = true
    await child.send(splice(text, [{ ...spanOf(requestId), text: id }]), NOBODYS)
  }

  function leave(chair: Chair): void {
    if (!chairs.delete(chair)) return
    levels.leave(chair)
    for (const call of calls.values()) if (call.chair === chair) call.controller.abort(ended())
    for (const uri of resources.leave(chair)) {
      const id = String(++counter)
      const params = `{"uri":${JSON.stringify(uri)}}`
      const text = `{"jsonrpc":"2.0","id":${id},"method":"resources/unsubscribe","params":${params}}`
      if (chairs.size > 0) child.request(text, id, NOBODYS, NEVER).catch(() => {})
    }
  }

  return {
    sit(events) {
      const chair: Chair = { events, opened: false }
      chairs.add(chair)
      if (gone) events.onClosed()
      return {
        async suits(initialize, credential, signal) {
          const asked = revisionOf(initialize) ?? JSON.stringify(LATEST_SESSION_REVISION)
          if (opening === null) openFor(asked, credential)
          if (opening === null || opening.asked === asked) return true
          const { result } = await unlessAborted(opening.answer, signal)
          return result?.member('protocolVersion')?.raw === asked
        },
        request: (...call) => request(chair, ...call),
        send: (text) => send(chair, text),
        leave: () => leave(chair),
      }
    },
    close: () => child.close(null),
  }
}

/** What a server says to whoever is connected, and not about one call. */
const FOR_ALL: ReadonlySet<string> = new Set([
  'notifications/message',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/tools/list_changed',
])

/** A local server has its credential since its start; messages carry none. */
const NOBODYS: Credential = {
  server: { name: '', definition: { command: '', args: [] } },
  headers: {},
  environment: null,
  account: null,
  accounts: [],
  grants: [],
}

const NEVER = new AbortController().signal

const spanOf = ({ start, end }: Span) => ({ start, end })

/** The answer under the id that the session knows; a stream of notifications is named in it as well. */
function named(said: ResponseMessage, id: string, own: string): ResponseMessage {
  const stream = said.result?.member('_meta')?.member(SUBSCRIPTION)
  if (stream?.raw !== id) return { ...said, id: own }
  return { ...kept(splice(said.text, [{ ...spanOf(stream), text: own }])), id: own }
}

const refused = (id: string) =>
  kept(errorResponse(id, METHOD_NOT_FOUND, 'A server that clients share does not have this.'))

const ended = () => new WarderError('server.ended', 'The session at the local server has ended.')
