import type { RequestMessage } from './envelope.ts'
import { LOG_LEVELS } from './eras/claim.ts'
import { type JsonNode, readJson } from './json-scan.ts'

/** What a client asked of a server that lasts longer than the answer: the next link to it begins with the same. */
export interface Lasting {
  /** Takes note of what a server has agreed to. */
  agreed(message: RequestMessage): void
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
/** Longer ones are not kept. */
const LONGEST_URI = 4_096

export function createLasting(): Lasting {
  const resources = new Map<string, JsonNode>()
  let level: string | null = null
  let counter = 0

  function request(method: string, params: string): LastingRequest {
    const id = JSON.stringify(`warder-again-${++counter}`)
    const text = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`
    return { id, method, text }
  }

  return {
    agreed({ method, params }) {
      if (method === 'logging/setLevel') {
        const named = params?.member('level')?.string() ?? ''
        // What is none of these may be of any length.
        if (LOG_LEVELS.includes(named)) level = named
        return
      }
      const uri = params?.member('uri')
      const key = uri?.string()
      if (uri === undefined || key === undefined) return
      if (method === 'resources/unsubscribe') resources.delete(key)
      else if (resources.size < MOST_RESOURCES && key.length <= LONGEST_URI)
        // Written anew: what is of the message would keep the whole of it, however short the URI is that it spells.
        resources.set(key, readJson(JSON.stringify(key)))
    },
    get listens() {
      return resources.size > 0
    },
    again: (mayRead) => [
      ...(level === null ? [] : [request('logging/setLevel', `{"level":"${level}"}`)]),
      ...[...resources.values()]
        .filter(mayRead)
        .map(({ raw }) => request('resources/subscribe', `{"uri":${raw}}`)),
    ],
    clear() {
      resources.clear()
      level = null
    },
  }
}
