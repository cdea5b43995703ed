import { membersOf, rawOf, type Span, stringOf } from './message.ts'

/**
 * What the client is owed, and what it takes to open its session anew. A request that was handed to a companion counts
 * as processed until its answer is here: only one that changes nothing is ever handed over twice.
 */

/** A request that waits for its answer. */
export interface Request {
  /** As the client wrote it. */
  readonly id: string
  readonly method: string
  /** The message, where it may be sent again. */
  readonly line: Buffer | null
  /** How many companions got it. */
  sent: number
  /** Requests under the same id while it waited. The companion refuses those, before it answers this one. */
  doubles: number
}

export interface Waiting {
  /** Takes note of what goes to the companion. */
  sending(line: Buffer): void
  /** Takes note of an answer that goes to the client. */
  answered(id: string, failed: boolean): void
  /** Takes note of what a server asks the client, and of what it takes back: what the companion says beside its answers. */
  asked(line: Buffer): void
  /** The ids of what the client was asked and has not answered; the companion that asked is gone, and nobody else wants to know. */
  unanswered(): string[]
  /** Those that are answered for good. */
  forget(requests: readonly Request[]): void
  all(): Request[]
  /** What opens the session again, in this order; nothing where the client has not opened one. */
  opening(): Opening | null
  /** True once the client has said that its session is open. */
  readonly initialized: boolean
}

/** The client's own messages that opened its session. */
export interface Opening {
  readonly initialize: Buffer
  readonly rest: readonly Buffer[]
}

/** The companion takes 256 of one session; what goes beyond it had refused without naming an id. */
const mostWaiting = 1024
const mostSubscriptions = 1024
const mostQuestions = 1024
/** Larger ones are not kept. */
const mostToRepeat = 64 * 1024

/** Requests that change nothing, and those that only say how things are to be from now on. */
const repeatable = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
  'resources/read',
  'completion/complete',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
])

/** Nobody waits for its answer, so that it is no reason to start a companion. */
export const isStanding = ({ method }: Request) => method === 'subscriptions/listen'

export function createWaiting(): Waiting {
  const requests = new Map<string, Request>()
  const subscriptions = new Map<string, Buffer>()
  const questions = new Set<string>()
  let initialize: Buffer | null = null
  let initialized: Buffer | null = null
  let level: Buffer | null = null

  function notified(method: string, line: Buffer, params: Span | undefined): void {
    if (method === 'notifications/initialized') initialized = Buffer.from(line)
    if (method !== 'notifications/cancelled') return
    const requestId = params && membersOf(line, params.start)?.get('requestId')
    // Whoever gives a request up gets no answer to it any more.
    if (requestId) requests.delete(rawOf(line, requestId))
  }

  /** Takes note of what the companion has accepted, and a new one has to be told. */
  function accepted({ method, line }: Request): void {
    if (line === null) return
    switch (method) {
      case 'initialize':
        initialize = line
        initialized = null
        level = null
        subscriptions.clear()
        break
      case 'logging/setLevel':
        level = line
        break
      case 'resources/subscribe':
      case 'resources/unsubscribe': {
        const uri = paramOf(line, 'uri')
        subscriptions.delete(uri)
        if (method === 'resources/subscribe' && subscriptions.size < mostSubscriptions)
          subscriptions.set(uri, line)
      }
    }
  }

  return {
    sending(line) {
      const members = membersOf(line)
      const [id, method] = [members?.get('id'), members?.get('method')]
      const name = method && stringOf(line, method)
      if (members && id && !method) questions.delete(rawOf(line, id))
      if (!members || !name) return
      if (!id) return notified(name, line, members.get('params'))
      const key = rawOf(line, id)
      const known = requests.get(key)
      if (known) {
        known.doubles++
        return
      }
      const kept = mayRepeat(name, line, members.get('params')) ? Buffer.from(line) : null
      requests.set(key, { id: key, method: name, line: kept, sent: 1, doubles: 0 })
      const [oldest] = requests.keys()
      if (requests.size > mostWaiting && oldest !== undefined) requests.delete(oldest)
    },
    answered(id, failed) {
      const request = requests.get(id)
      if (request === undefined) return
      if (request.doubles > 0) {
        request.doubles--
        return
      }
      requests.delete(id)
      if (!failed) accepted(request)
    },
    asked(line) {
      const members = membersOf(line)
      const [id, method, params] = [
        members?.get('id'),
        members?.get('method'),
        members?.get('params'),
      ]
      if (!method) return
      if (id && questions.size < mostQuestions) questions.add(rawOf(line, id))
      if (id || !params || stringOf(line, method) !== 'notifications/cancelled') return
      const requestId = membersOf(line, params.start)?.get('requestId')
      if (requestId) questions.delete(rawOf(line, requestId))
    },
    unanswered() {
      const ids = [...questions]
      questions.clear()
      return ids
    },
    forget(done) {
      for (const { id } of done) requests.delete(id)
    },
    all: () => [...requests.values()],
    opening() {
      if (initialize === null) return null
      const rest = [initialized, level, ...subscriptions.values()]
      return { initialize, rest: rest.filter((line) => line !== null) }
    },
    get initialized() {
      return initialized !== null
    },
  }
}

function mayRepeat(method: string, line: Buffer, params: Span | undefined): boolean {
  if (!repeatable.has(method) || line.length > mostToRepeat) return false
  // The state of a round that the server asked for may be good for one time only (MCP 2026-07-28, MRTR).
  const members = params && membersOf(line, params.start)
  return !members?.has('requestState') && !members?.has('inputResponses')
}

/** @returns the parameter as it was written, or nothing */
function paramOf(line: Buffer, name: string): string {
  const params = membersOf(line)?.get('params')
  const param = params && membersOf(line, params.start)?.get(name)
  return param ? rawOf(line, param) : ''
}

/** The same message under another id; a notification stays as it is. */
export function withId(line: Buffer, id: string): Buffer {
  const span = membersOf(line)?.get('id')
  if (!span) return line
  return Buffer.concat([line.subarray(0, span.start), Buffer.from(id), line.subarray(span.end)])
}
