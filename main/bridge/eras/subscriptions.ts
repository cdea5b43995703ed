import { WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import type { NotificationMessage, ResponseMessage } from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import { apart } from '../kept-text.ts'
import { limits } from '../limits.ts'
import { METHOD_NOT_FOUND } from '../refusal.ts'
import { createListener } from '../upstream/listener.ts'
import type { Credential, LinkHost } from '../upstream/upstream.ts'
import { codeOf } from './revisions.ts'

/**
 * What a client of sessions hears unasked of a server that has none (MCP 2026-07-28, Subscriptions): one
 * `subscriptions/listen` for each link. Where the client subscribes to another resource, a second one with all of them
 * takes the place of the first when the server has acknowledged it. Each names all resources, so there is never a third: what
 * changes until then is asked for after it, together.
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
  /** The resources that the server listens for, of this one or of a later one. */
  readonly taken: PromiseWithResolvers<Taken>
  /** Resolves with the last word of the server. */
  readonly ended: Promise<ResponseMessage>
}

/** Of the client's own URIs: the server's words are not kept, whatever else they name. */
type Taken = ReadonlySet<string>

const LISTS = ['tools', 'prompts', 'resources'] as const
/** URIs that one client may be subscribed to at one server. */
const MOST_RESOURCES = 1_000
const RETRY_MS = 1_000
const NONE: Taken = new Set()

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
  let filter: Taken = NONE
  /** One that a change has begun and that is not acknowledged, and what comes after it. */
  let changing: Promise<Taken> | null = null
  let next: Promise<Taken> | null = null
  /** What the client subscribed to since the last change began. */
  const fresh = new Set<string>()
  /** Of a URI that is asked for: by how many requests, and whether it was none of ours before the first of them. */
  const asking = new Map<string, { count: number; readonly isNew: boolean }>()
  /** It has unsubscribed since from what the server listens for. */
  let parted = false
  /** Lets go of the change that is under way, where nobody waits for it any more; the stream before it goes on. */
  let left = () => {}
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
    const taken = Promise.withResolvers<Taken>()
    unheard(taken.promise)
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
    unheard(ended)
    const stream = { id, controller, taken, ended }
    streams.set(id, stream)
    return stream
  }

  function acknowledged(stream: Stream, listensFor: JsonNode): void {
    const named = listensFor.member('resourceSubscriptions')?.elements() ?? []
    const all = new Set(named.map((uri) => uri.string()))
    current = stream
    filter = new Set([...uris].filter((uri) => all.has(uri)))
    for (const one of streams.values()) {
      one.taken.resolve(filter)
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

  /** @returns what the server takes of what is wanted now @throws WarderError, NotProcessed */
  async function change(credential: Credential): Promise<Taken> {
    const [asked, only] = [[...fresh], !parted]
    fresh.clear()
    parted = false
    const params = wanted()
    if (params === null) {
      for (const { controller } of streams.values()) controller.abort()
      return NONE
    }
    // Whoever asked for it has gone.
    if (only && asked.length === 0) return filter
    const { taken, controller } = begin(params, credential)
    listener.start(credential)
    const giveUp = () => controller.abort(notTaken())
    const silent = setTimeout(giveUp, limits.openingMs).unref()
    left = () => {
      if (only && !asked.some((uri) => uris.has(uri))) giveUp()
    }
    let agreed = NONE
    try {
      agreed = await taken.promise
      return agreed
    } finally {
      clearTimeout(silent)
      left = () => {}
      // Before the next begins: that one asks for it no more.
      for (const uri of asked) if (!agreed.has(uri)) uris.delete(uri)
    }
  }

  function listenAnew(credential: Credential): Promise<Taken> {
    if (changing === null) {
      changing = unheard(
        change(credential).finally(() => {
          changing = null
        }),
      )
      return changing
    }
    next ??= unheard(
      changing
        .catch(() => {})
        .then(() => {
          next = null
          return listenAnew(credential)
        }),
    )
    return next
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
      if (uris.has(uri) && current !== null && filter.has(uri)) return true
      if (uri.length > limits.linkLength) throw tooLong()
      if (uris.size >= MOST_RESOURCES) throw tooMany()
      const own = apart(uri)
      const asked = asking.get(uri) ?? { count: 0, isNew: !uris.has(uri) }
      asked.count++
      asking.set(own, asked)
      uris.add(own)
      fresh.add(own)
      try {
        return (await unlessAborted(listenAnew(credential), signal)).has(uri)
      } catch (error) {
        if (signal.aborted && asked.count === 1) {
          fresh.delete(uri)
          // What it was subscribed to before it still is.
          if (asked.isNew) uris.delete(uri)
          left()
        }
        throw error
      } finally {
        if (--asked.count === 0) asking.delete(uri)
      }
    },
    unsubscribe(uri, credential) {
      if (!uris.delete(uri)) return
      parted = true
      listenAnew(credential)
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

/** Whoever has waited for it may have gone. */
function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

const notTaken = () =>
  new WarderError('server.refused', 'The server does not take the subscription.')
const tooLong = () => new WarderError('bridge.too_large', 'The URI is too long to be kept.')
const tooMany = () =>
  new WarderError('bridge.busy', 'This client is subscribed to too many resources of the server.')
