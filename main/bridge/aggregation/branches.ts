import { WarderError } from '../../errors.ts'
import type { ServerDefinition } from '../../store/config-schema.ts'
import type { RequestMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import type { Channel, Session } from '../types.ts'
import { type Branch, createBranch } from './branch.ts'

/** The servers that one client reaches at once, each through an ordinary session. */
export interface Branches {
  /** Whether there is such a server. */
  has(server: string): boolean
  /** Whether the rules let this client do anything there. */
  allowed(server: string): boolean
  /** The branch of a server that there is, begun where none was, or where its definition is another one by now. */
  of(server: string): Branch
  /** Of all servers that this client may do something at, in the order of their names; of servers that are gone they end. */
  all(): readonly Branch[]
  /** Those that were begun. */
  begun(): readonly Branch[]
  /** The branch that a label names, while it is the one of its server. */
  labelled(key: string): Branch | undefined
  /** A server's answer named a resource: it is its own where no list says otherwise. */
  link(key: string, uri: string): void
  /** The first server whose answers named this resource. */
  linked(uri: string): string | undefined
  /** Ends all of them. */
  close(): Promise<void>
}

export function createBranches(options: {
  servers: () => Readonly<Record<string, ServerDefinition>>
  allows: (server: string) => boolean
  /** Begins an ordinary session. @param standing the way back that is always there, or null */
  begin: (server: string, standing: Channel | null) => Session
  end: (session: Session, reason: WarderError) => Promise<void>
  relay: (text: string, session: Session, channel: Channel) => Promise<void>
  initialize: () => RequestMessage
  /** For what a branch says unasked; null where the client has no way back that is always there. */
  standing: ((key: string) => Channel) | null
  /** For what it says in the course of a request of ours. */
  aside: (key: string, text: string) => void
  onOpened: (branch: Branch) => Promise<unknown>
  now: () => number
}): Branches {
  const { servers, allows, begin, end } = options
  const branches = new Map<string, Branch>()
  const keys = new Map<string, Branch>()
  const links = new Map<string, Set<string>>()
  let counter = 0

  const definitionOf = (server: string) =>
    Object.hasOwn(servers(), server) ? servers()[server] : undefined

  function drop(branch: Branch): Promise<void> {
    branches.delete(branch.server)
    keys.delete(branch.key)
    links.delete(branch.server)
    return end(
      branch.session,
      new WarderError('server.ended', `${branch.server} is not there any more.`),
    )
  }

  function create(server: string, definition: ServerDefinition): Branch {
    const key = `${server}.${++counter}`
    const session = begin(server, options.standing?.(key) ?? null)
    const branch = createBranch(
      { server, definition, key, session },
      {
        relay: options.relay,
        aside: (text) => options.aside(key, text),
        initialize: options.initialize(),
        now: options.now,
        onOpened: options.onOpened,
      },
    )
    branches.set(server, branch)
    keys.set(key, branch)
    return branch
  }

  function of(server: string): Branch {
    const definition = definitionOf(server)
    if (definition === undefined) throw new Error('no such server')
    const known = branches.get(server)
    if (known !== undefined && !known.session.ended && isSame(known.definition, definition))
      return known
    if (known !== undefined) void drop(known)
    return create(server, definition)
  }

  return {
    has: (server) => definitionOf(server) !== undefined,
    allowed: (server) => definitionOf(server) !== undefined && allows(server),
    of,
    all() {
      const names = Object.keys(servers()).filter(allows).sort()
      for (const branch of branches.values())
        if (definitionOf(branch.server) === undefined) void drop(branch)
      return names.map(of)
    },
    begun: () => [...branches.values()],
    labelled: (key) => keys.get(key),
    link(key, uri) {
      const branch = keys.get(key)
      if (branch === undefined) return
      const known = links.get(branch.server) ?? new Set<string>()
      // The one that was named longest ago makes room.
      const [oldest] = known
      if (known.size >= limits.links && oldest !== undefined) known.delete(oldest)
      links.set(branch.server, known.add(uri))
    },
    linked: (uri) =>
      [...links.keys()].sort().find((server) => links.get(server)?.has(uri) === true),
    async close() {
      await Promise.all([...branches.values()].map(drop))
    },
  }
}

/** A reloaded configuration has new objects for what did not change. */
const isSame = (a: ServerDefinition, b: ServerDefinition) =>
  a === b || JSON.stringify(a) === JSON.stringify(b)
