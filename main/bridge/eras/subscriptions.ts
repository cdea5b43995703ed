import { WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import type { NotificationMessage, ResponseMessage } from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { METHOD_NOT_FOUND } from '../refusal.ts'
import { createListener } from '../upstream/listener.ts'
import type { Credential, LinkHost } from '../upstream/upstream.ts'
import { codeOf } from './revisions.ts'

/**
 * What a client of sessions hears unasked of a server that has none (MCP 2026-07-28, Subscriptions): one
 * `subscriptions/listen` for each link. Where the client subscribes to another resource, a second one with all of them
 * takes the place of the first when the server has acknowledged it.
 */
export interface Subscriptions {
  /** Listens, where there is something to listen for and it does not yet. */
  start(credential: Credential): void
  /** True for what is said of a subscription. */
  owns(message: NotificationMessage, related: string | null): boolean
  /** Passes on what the client listens for. */
  hear(message: NotificationMessage, related: string | null): ReturnType<LinkHost['onMessage']>
  /** @returns false where the server does not take it @throws WarderError `server.*`, `bridge.busy`, the signal's reason */
  subscribe(uri: string, credential: Credential, signal: AbortSignal): Promise<boolean>
  unsubscribe(uri: string, credential: Credential): void
  end(): void
}

interface Stream {
  readonly id: string
  readonly controller: AbortController
  /** What the server listens for, of this one or of a later one. */
  readonly taken: PromiseWithResolvers<JsonNode>
  /** Resolves with the last word of the server. */
  readonly ended: Promise<ResponseMessage>
}

const LISTS = ['tools', 'prompts', 'resources'] as const
/** URIs that one client may be subscribed to at one server. */
const MOST_RESOURCES = 1_000
const RETRY_MS = 1_000

export function createSubscriptions(options: {
  host: LinkHost
  /** What the server says that it can do; null where it says nothing. */
  capabilities: () => JsonNode | null
  /** Asks `subscriptions/listen` with these `params`. */
  ask: (
    params: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ) => Promise<ResponseMessage>
  /** Tells the server that a stream is over; absent where it notices. */
  cancel: ((id: string, credential: Credential) => void) | undefined
  ownId: () => string
}): Subscriptions {
  const { host, ownId } = options
  const uris = host.subscribed
  const ending = new AbortController()
  /** Those that are open, oldest first: one, but for the time that a newer one needs to be acknowledged. */
  const streams = new Map<string, Stream>()
  /** The newest that is acknowledged. */
  let current: Stream | null = null
  let filter: JsonNode | null = null
  let heard = () => {}

  const able = (feature: string, what: string) =>
    options.capabilities()?.member(feature)?.member(what)?.boolean() === true

  function wanted(): string | null {
    const lists = LISTS.filter((list) => able(list, 'listChanged'))
    const members = lists.map((list) => `"${list}ListChanged":true`)
    if (uris.size > 0) members.push(`"resourceSubscriptions":${JSON.stringify([...uris])}`)
    return members.length > 0 ? `{"notifications":{${members.join(',')}}}` : null
  }

  function begin(params: string, credential: Credential): Stream {
    const id = ownId()
    const controller = new AbortController()
    controller.signal.addEventListener('abort', () => options.cancel?.(id, credential))
    const taken = Promise.withResolvers<JsonNode>()
    taken.promise.catch(() => {})
    const signal = AbortSignal.any([controller.signal, ending.signal])
    const over = (why: unknown) => {
      streams.delete(id)
      if (current?.id === id) current = null
      taken.reject(why)
    }
    const ended = options.ask(params, id, credential, signal).then(
      (answer) => {
        over(notTaken())
        return answer
      },
      (error: unknown) => {
        over(error)
        throw error
      },
    )
    ended.catch(() => {})
    const stream = { id, controller, taken, ended }
    streams.set(id, stream)
    return stream
  }

  function acknowledged(stream: Stream, listensFor: JsonNode): void {
    current = stream
    filter = listensFor
    for (const one of streams.values()) {
      one.taken.resolve(listensFor)
      if (one === stream) return
      one.controller.abort()
    }
  }

  const newest = () => [...streams.values()].at(-1)

  const listener = createListener({
    async hold(credential, onHeard) {
      const params = wanted()
      if (params === null) return 'nothing'
      heard = onHeard
      let stream = newest() ?? begin(params, credential)
      for (;;) {
        const { answer, error } = await stream.ended.then(
          (answer) => ({ answer, error: null }),
          (error: unknown) => ({ answer: null, error }),
        )
        const next = newest()
        if (next !== undefined) stream = next
        else if (answer === null) throw error
        else return codeOf(answer) === METHOD_NOT_FOUND ? 'never' : 'ended'
      }
    },
    credential: host.credential,
    retryMs: () => RETRY_MS,
    signal: ending.signal,
  })

  function listenAnew(credential: Credential): Stream | null {
    const params = wanted()
    if (params === null) {
      for (const { controller } of streams.values()) controller.abort()
      return null
    }
    const stream = begin(params, credential)
    listener.start(credential)
    return stream
  }

  /** Nobody waits for it to be acknowledged any more; the one before it goes on. */
  function letGo(stream: Stream | null): void {
    if (stream !== null && stream !== current && streams.has(stream.id)) stream.controller.abort()
  }

  return {
    start(credential) {
      if (wanted() !== null) listener.start(credential)
    },
    owns: (message, related) =>
      message.method === ACKNOWLEDGED ||
      subscriptionOf(message) !== null ||
      streams.has(related ?? ''),
    hear(message, related) {
      const stream = streams.get(related ?? subscriptionOf(message) ?? '')
      if (stream === undefined) return
      const listensFor = message.params?.member('notifications')
      if (message.method === ACKNOWLEDGED) {
        if (listensFor?.kind === 'object') acknowledged(stream, listensFor)
      } else if (stream === current && HEARD.has(message.method)) {
        heard()
        return host.onMessage(message, null)
      }
    },
    async subscribe(uri, credential, signal) {
      if (!able('resources', 'subscribe')) return false
      if (uris.has(uri) && current !== null && includes(filter, uri)) return true
      if (uri.length > limits.linkLength) throw tooLong()
      if (uris.size >= MOST_RESOURCES) throw tooMany()
      uris.add(uri)
      const stream = listenAnew(credential)
      const silent = AbortSignal.timeout(limits.openingMs)
      silent.addEventListener('abort', () => stream?.taken.reject(notTaken()))
      try {
        if (stream && includes(await unlessAborted(stream.taken.promise, signal), uri)) return true
      } catch (error) {
        uris.delete(uri)
        letGo(stream)
        throw error
      }
      uris.delete(uri)
      return false
    },
    unsubscribe(uri, credential) {
      if (uris.delete(uri)) listenAnew(credential)
    },
    end: () => ending.abort(),
  }
}

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'

const subscriptionOf = ({ params }: NotificationMessage) =>
  params?.member('_meta')?.member('io.modelcontextprotocol/subscriptionId')?.raw ?? null

const HEARD = new Set([
  ...LISTS.map((list) => `notifications/${list}/list_changed`),
  'notifications/resources/updated',
])

const includes = (filter: JsonNode | null, uri: string): boolean =>
  filter
    ?.member('resourceSubscriptions')
    ?.elements()
    .some((one) => one.string() === uri) === true

const notTaken = () =>
  new WarderError('server.refused', 'The server does not take the subscription.')
const tooLong = () => new WarderError('bridge.too_large', 'The URI is too long to be kept.')
const tooMany = () =>
  new WarderError('bridge.busy', 'This client is subscribed to too many resources of the server.')
