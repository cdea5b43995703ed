import { WarderError } from '../../errors.ts'
import type { Ledger } from '../../runtime/budget.ts'
import type { ServerDefinition } from '../../store/config-schema.ts'
import { apart } from '../kept-text.ts'
import { limits } from '../limits.ts'
import type { Branch, BranchPlace } from './branch.ts'

/** The servers that one client reaches at once. */
export interface Branches<Own extends Branch = Branch> {
  /** Whether there is such a server. */
  has(server: string): boolean
  /** Whether the rules let this client do anything there. */
  allowed(server: string): boolean
  /** The branch of a server that there is, begun where none was, or where its definition is another one by now. */
  of(server: string): Own
  /** Of all servers that this client may do something at, in the order of their names; of servers that are gone they end. */
  all(): readonly Own[]
  /** Those that were begun. */
  begun(): readonly Own[]
  /** The branch that a label names, while it is the one of its server. */
  labelled(key: string): Own | undefined
  /** A server's answer named a resource: it is its own where no list says otherwise. */
  link(key: string, uri: string): void
  /** The first server whose answers named this resource. */
  linked(uri: string): string | undefined
  /** Ends all of them. */
  close(): Promise<void>
}

export function createBranches<Own extends Branch>(options: {
  servers: () => Readonly<Record<string, ServerDefinition>>
  allows: (server: string) => boolean
  begin: (place: BranchPlace) => Own
  /** Where counts what is kept of them. */
  ledger: Ledger
}): Branches<Own> {
  const { servers, allows, begin, ledger } = options
  const branches = new Map<string, Own>()
  const keys = new Map<string, Own>()
  const links = new Map<string, { readonly uris: Set<string>; size: number }>()
  let counter = 0

  const definitionOf = (server: string) =>
    Object.hasOwn(servers(), server) ? servers()[server] : undefined

  function drop(branch: Own, reason?: WarderError): Promise<void> {
    branches.delete(branch.server)
    keys.delete(branch.key)
    links.delete(branch.server)
    ledger.set(`links ${branch.server}`, 0)
    return branch.close(reason)
  }

  function of(server: string): Own {
    const definition = definitionOf(server)
    if (definition === undefined) throw new Error('no such server')
    const known = branches.get(server)
    if (known !== undefined && !known.ended && isSame(known.definition, definition)) return known
    if (known !== undefined) void drop(known, gone(known))
    const branch = begin({ server, definition, key: `${server}.${++counter}` })
    branches.set(server, branch)
    keys.set(branch.key, branch)
    return branch
  }

  return {
    has: (server) => definitionOf(server) !== undefined,
    allowed: (server) => definitionOf(server) !== undefined && allows(server),
    of,
    all() {
      const names = Object.keys(servers()).filter(allows).sort()
      for (const branch of branches.values())
        if (definitionOf(branch.server) === undefined) void drop(branch, gone(branch))
      return names.map(of)
    },
    begun: () => [...branches.values()],
    labelled: (key) => keys.get(key),
    link(key, uri) {
      const branch = keys.get(key)
      if (branch === undefined || uri.length > limits.linkLength) return
      const known = links.get(branch.server) ?? { uris: new Set<string>(), size: 0 }
      const { uris } = known
      if (uris.has(uri)) return
      // The one that was named longest ago makes room.
      const [oldest = ''] = uris
      if (uris.size >= limits.links && uris.delete(oldest)) known.size -= oldest.length
      uris.add(apart(uri))
      known.size += uri.length
      if (ledger.set(`links ${branch.server}`, known.size)) links.set(branch.server, known)
      else links.delete(branch.server)
    },
    linked: (uri) =>
      [...links.keys()].sort().find((server) => links.get(server)?.uris.has(uri) === true),
    async close() {
      await Promise.all([...branches.values()].map((branch) => drop(branch)))
    },
  }
}

const gone = ({ server }: Branch) =>
  new WarderError('server.ended', `${server} is not what it was when the call was made.`)

/** A reloaded configuration has new objects for what did not change. */
const isSame = (a: ServerDefinition, b: ServerDefinition) =>
  a === b || JSON.stringify(a) === JSON.stringify(b)
