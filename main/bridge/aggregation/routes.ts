import type { RequestMessage } from '../envelope.ts'
import { type JsonNode, splice } from '../json-scan.ts'
import type { Branches } from './branches.ts'
import type { Lists } from './lists.ts'
import { readShownName } from './names.ts'
import { fits } from './templates.ts'

/** Where a request of the client goes, and what the server gets: the client's bytes, but for the name. */
export interface Route {
  readonly server: string
  readonly text: string
}

export interface Routes {
  /** @returns null for what none of the servers is known to have */
  find(message: RequestMessage): Promise<Route | null>
  /** @returns the server that a resource is of, or null */
  ownerOf(uri: string): Promise<string | null>
}

/** The requests that belong to one server. */
const ROUTED = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'completion/complete',
])

export const isRouted = (method: string) => ROUTED.has(method)

const RESOURCES = 'resources/list'
const TEMPLATES = 'resources/templates/list'

export function createRoutes(options: { branches: Branches; lists: Lists }): Routes {
  const { branches, lists } = options

  async function byName(
    message: RequestMessage,
    node: JsonNode | undefined,
    method: string,
  ): Promise<Route | null> {
    const shown = node?.string()
    const read = shown === undefined ? null : readShownName(shown)
    if (node === undefined || shown === undefined || read === null) return null
    const { server } = read
    if (!branches.has(server)) return null
    const own = read.own ?? (await shortened(server, shown, method))
    if (own === null) return null
    const edit = { start: node.start, end: node.end, text: JSON.stringify(own) }
    return { server, text: splice(message.text, [edit]) }
  }

  /** Only the server's list knows the whole name, and this client may not have asked for it. */
  async function shortened(server: string, shown: string, method: string): Promise<string | null> {
    if (!branches.allowed(server)) return null
    const list = lists.of(branches.of(server), method)
    if (list.ownName(shown) === null) await list.answered()
    return list.ownName(shown)
  }

  async function byUri(message: RequestMessage, uri: string | undefined): Promise<Route | null> {
    const server = uri === undefined ? null : await ownerOf(uri)
    return server === null ? null : { server, text: message.text }
  }

  async function ownerOf(uri: string): Promise<string | null> {
    const server = (await lists.owner(RESOURCES, uri)) ?? branches.linked(uri)
    const found = server ?? (await byTemplate(uri))
    return found !== undefined && branches.has(found) ? found : null
  }

  /** The template that says most about the URI, and of two the first server's. */
  async function byTemplate(uri: string): Promise<string | undefined> {
    let best: { server: string; fixed: number } | undefined
    for (const [template, server] of await lists.owners(TEMPLATES)) {
      if (template === uri) return server
      const fixed = fits(uri, template)
      if (fixed !== null && fixed > (best?.fixed ?? -1)) best = { server, fixed }
    }
    return best?.server
  }

  return {
    ownerOf,
    async find(message) {
      const { method, params } = message
      switch (method) {
        case 'tools/call':
          return byName(message, params?.member('name'), 'tools/list')
        case 'prompts/get':
          return byName(message, params?.member('name'), 'prompts/list')
        case 'completion/complete': {
          const reference = params?.member('ref')
          return reference?.member('type')?.string() === 'ref/prompt'
            ? byName(message, reference.member('name'), 'prompts/list')
            : byUri(message, reference?.member('uri')?.string())
        }
        default:
          return byUri(message, params?.member('uri')?.string())
      }
    },
  }
}
