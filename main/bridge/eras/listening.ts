import {
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { withMembers } from '../json-edit.ts'
import { type JsonNode, readJson } from '../json-scan.ts'
import { apart } from '../kept-text.ts'
import { type LinkHost, NotProcessed } from '../upstream/upstream.ts'
import { META } from './claim.ts'

export const LISTEN = 'subscriptions/listen'
export const SUBSCRIPTION = `${META}subscriptionId`

/**
 * `subscriptions/listen` at a server with sessions (MCP 2026-07-28, Subscriptions): what such a server says unasked goes to
 * the streams that asked for it, each under its own id. A resource that nobody hears of any more is given back.
 */
export interface Listening {
  /**
   * Holds a stream open until its client ends it.
   * @param features the server's capabilities
   * @returns at the server's end
   * @throws the signal's reason
   */
  listen(
    message: RequestMessage,
    id: string,
    features: JsonNode | undefined,
    ask: (method: string, params: string) => Promise<ResponseMessage>,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  /** @returns what to wait for before more is read from the server; false for what belongs to no such stream */
  hear(message: NotificationMessage): Promise<unknown> | false | undefined
  /** The server is gone. */
  end(): void
}

/** What a filter may name, the feature that it is about, and the server's word for it. */
export const LISTS = [
  ['toolsListChanged', 'tools'],
  ['promptsListChanged', 'prompts'],
  ['resourcesListChanged', 'resources'],
] as const

/** A client that wants to hear of more wants to hear of everything. */
const MOST_RESOURCES = 256

interface Stream {
  readonly methods: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
  readonly end: () => void
}

export function createListening(host: LinkHost): Listening {
  const streams = new Map<string, Stream>()
  let isOver = false
  /** How many streams hear of each resource, those that are not acknowledged yet among them. */
  const hearers = new Map<string, number>()

  /** @returns true where nobody hears of it any more */
  function part(uri: string): boolean {
    const left = (hearers.get(uri) ?? 0) - 1
    if (left > 0) hearers.set(uri, left)
    else hearers.delete(uri)
    return left <= 0
  }

  async function subscribed(
    wanted: JsonNode | undefined,
    features: JsonNode | undefined,
    ask: Ask,
  ): Promise<ReadonlySet<string>> {
    const agreed = new Set<string>()
    if (features?.member('resources')?.member('subscribe')?.boolean() !== true) return agreed
    try {
      for (const uri of wanted?.elements().slice(0, MOST_RESOURCES) ?? []) {
        const given = uri.string()
        if (given === undefined || agreed.has(given) || host.mayRead?.(uri) !== true) continue
        // Another stream may hear of it for longer than this one.
        const name = apart(given)
        agreed.add(name)
        hearers.set(name, (hearers.get(name) ?? 0) + 1)
        const drop = () => void (agreed.delete(name) && part(name))
        const { error } = await ask('resources/subscribe', `{"uri":${uri.raw}}`).catch((error) => {
          drop()
          throw error
        })
        if (error !== undefined) drop()
      }
    } catch (error) {
      // A call that is made again asks for all of them anew.
      const isLast = !(error instanceof NotProcessed)
      for (const name of agreed) if (part(name) && isLast) giveBack(name, ask)
      throw error
    }
    return agreed
  }

  return {
    async listen(message, id, features, ask, signal) {
      const filter = message.params?.member('notifications')
      const lists = LISTS.filter(
        ([name, feature]) =>
          filter?.member(name)?.boolean() === true && features?.member(feature) !== undefined,
      )
      const resources = await subscribed(filter?.member('resourceSubscriptions'), features, ask)
      const methods = new Set(lists.map(([, feature]) => `notifications/${feature}/list_changed`))
      const agreed = {
        ...Object.fromEntries(lists.map(([name]) => [name, true])),
        ...(resources.size > 0 ? { resourceSubscriptions: [...resources] } : {}),
      }
      const over = Promise.withResolvers<void>()
      const leave = () => over.reject(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      try {
        signal.throwIfAborted()
        host.onMessage(acknowledged(agreed, id), id)
        streams.set(id, { methods, resources, end: over.resolve })
        if (isOver) over.resolve()
        await over.promise
        return readMessage(
          resultResponse(id, `{"resultType":"complete","_meta":{"${SUBSCRIPTION}":${id}}}`),
        ) as ResponseMessage
      } finally {
        signal.removeEventListener('abort', leave)
        streams.delete(id)
        for (const uri of resources) if (part(uri)) giveBack(uri, ask)
      }
    },
    hear(message) {
      const uri = message.params?.member('uri')?.string()
      const updated = message.method === 'notifications/resources/updated'
      const changed = LISTS.some(
        ([, one]) => message.method === `notifications/${one}/list_changed`,
      )
      if (!updated && !changed) return false
      const rooms = [...streams].flatMap(([id, { methods, resources }]) => {
        const isHeard = uri !== undefined && [...resources].some((one) => concerns(uri, one))
        const wanted = methods.has(message.method) || (updated && isHeard)
        return wanted ? (host.onMessage(onStream(message, id), id) ?? []) : []
      })
      return rooms.length === 0 ? undefined : Promise.all(rooms)
    },
    end() {
      isOver = true
      for (const { end } of streams.values()) end()
    },
  }
}

type Ask = (method: string, params: string) => Promise<ResponseMessage>

const giveBack = (uri: string, ask: Ask) =>
  void ask('resources/unsubscribe', JSON.stringify({ uri })).catch(() => {})

const acknowledged = (agreed: object, id: string) =>
  readMessage(
    `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"${SUBSCRIPTION}":${id}},"notifications":${JSON.stringify(agreed)}}}`,
  ) as NotificationMessage

/** News may be about a part of what was subscribed to (MCP 2026-07-28, `ResourceUpdatedNotificationParams`). */
export const concerns = (uri: string, subscribed: string) => uri.startsWith(subscribed)

/** The server's own words under the id of a stream. */
export function onStream({ method, params }: NotificationMessage, id: string): NotificationMessage {
  const own = params ?? readJson('{}')
  const meta = own.member('_meta')
  const given = meta?.kind === 'object' ? meta : readJson('{}')
  const whole = withMembers(own, { _meta: withMembers(given, { [SUBSCRIPTION]: id }) })
  return readMessage(
    `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${whole}}`,
  ) as NotificationMessage
}
