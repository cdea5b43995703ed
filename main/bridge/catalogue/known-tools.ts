import { ListToolsResultSchema } from '@modelcontextprotocol/core'
import type { Principals } from '../../identity/principals.ts'
import type { Decide } from '../../policy/decide.ts'
import { type KnownTool, toolCost } from '../tool-cost.ts'
import type { Memory } from './memory.ts'

/** The tools of one server as they were last heard, whoever they were told to. */
export interface ServerTools {
  readonly server: string
  /** Milliseconds since the epoch; null where the server was never asked, or what it said is forgotten. */
  readonly heardAt: number | null
  readonly tools: readonly (KnownTool & {
    /** The rules let the client call it; without a client, always. */
    readonly allowed: boolean
  })[]
}

/** For the person to look at; nothing is asked of any server. */
export function knownTools(options: {
  memory: Pick<Memory, 'newest'>
  decide: Decide
  servers: readonly string[]
  /** Whose eyes; null: everybody's. */
  principals: Principals | null
}): ServerTools[] {
  const { memory, decide, servers, principals } = options
  const allowed = (server: string, name: string) =>
    principals === null ||
    decide({ principals, server, operation: { kind: 'tool', name } }).effect === 'allow'
  return servers.map((server) => {
    const known = memory.newest(server, 'tools/list')
    const parsed = known && ListToolsResultSchema.safeParse(JSON.parse(known.content))
    if (!known || !parsed?.success) return { server, heardAt: null, tools: [] }
    const tools = parsed.data.tools.map((tool) => ({
      ...toolCost(tool),
      allowed: allowed(server, tool.name),
    }))
    return { server, heardAt: known.heardAt, tools }
  })
}
