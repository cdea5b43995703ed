import { WarderError } from '../errors.ts'
import { BOUNDLESS, type Room } from '../runtime/budget.ts'
import type { RequestMessage } from './envelope.ts'
import { LOG_LEVELS } from './eras/claim.ts'
import { type JsonNode, readJson } from './json-scan.ts'
import { apart } from './kept-text.ts'
import { limits } from './limits.ts'

/** What a client asked of a server that lasts longer than the answer: the next link to it begins with the same. */
export interface Lasting {
  /**
   * Makes room for what a client asks for, before its server hears of it.
   *
   * @returns to be told whether the server has agreed; the first word counts
   * @throws WarderError `bridge.busy`
   */
  asked(message: RequestMessage): (agreed: boolean) => void
  /** The client waits for news of a resource. */
  readonly listens: boolean
  /**
   * What asks for it again, in order.
   *
   * @param mayRead a resource; what a client may no longer hear of is not asked for
   */
  again(mayRead: (uri: JsonNode) => boolean): LastingRequest[]
  /** The client begins anew. */
  clear(): void
  /** The session has ended: nothing lasts any more. */
  close(): void
}

export interface LastingRequest {
  readonly id: string
  readonly method: string
  readonly text: string
}

/** Asked at every call, most of which are none of these. */
export const LASTS: ReadonlySet<string> = new Set([
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
])

/** As many as a server without sessions is asked for (`eras/subscriptions.ts`). */
const MOST_RESOURCES = 1_000

/** @param room where the resources count that the client hears of, wherever else they are kept for it */
export function createLasting(room: Room = BOUNDLESS): Lasting {
  const resources = new Set<string>()
  let level: string | null = null
  let counter = 0
  let closed = false

  function request(method: string, params: string): LastingRequest {
    const id = JSON.stringify(`warder-again-${++counter}`)
    const text = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`
    return { id, method, text }
  }

  /** @returns what is to happen to it at the server's word */
  function subscribe(uri: string): (agreed: boolean) => void {
    const bytes = weightOf(uri)
    if (!room.take(bytes)) throw tooMany()
    return (agreed) => {
      const isNew = agreed && !closed && !resources.has(uri) && resources.size < MOST_RESOURCES
      if (isNew) resources.add(uri)
      else room.give(bytes)
    }
  }

  function unsubscribe(uri: string): void {
    if (resources.delete(uri)) room.give(weightOf(uri))
  }

  function clear(): void {
    for (const uri of [...resources]) unsubscribe(uri)
    level = null
  }

  return {
    asked({ method, params }) {
      if (method === 'logging/setLevel') {
        const named = params?.member('level')?.string() ?? ''
        return once((agreed) => {
          if (agreed && LOG_LEVELS.includes(named)) level = named
        })
      }
      const uri = params?.member('uri')?.string()
      // A longer one is not kept: not here, and at no server where Warder keeps it.
      if (uri === undefined || uri.length > limits.linkLength) return () => {}
      if (method === 'resources/subscribe') return once(subscribe(apart(uri)))
      return once((agreed) => agreed && unsubscribe(uri))
    },
    get listens() {
      return resources.size > 0
    },
    again: (mayRead) => [
      ...(level === null ? [] : [request('logging/setLevel', `{"level":"${level}"}`)]),
      ...[...resources]
        .map((uri) => readJson(JSON.stringify(uri)))
        .filter(mayRead)
        .map(({ raw }) => request('resources/subscribe', `{"uri":${raw}}`)),
    ],
    clear,
    close() {
      closed = true
      clear()
    },
  }
}

function once(settle: (agreed: boolean) => void): (agreed: boolean) => void {
  let settled = false
  return (agreed) => {
    if (!settled) settle(agreed)
    settled = true
  }
}

/** A resource is kept in several places, and named in full in what a server without sessions is asked. */
const weightOf = (uri: string) => limits.subscriptionBytes + 2 * uri.length

const tooMany = () =>
  new WarderError('bridge.busy', 'There is no room to keep what this client is subscribed to.')
