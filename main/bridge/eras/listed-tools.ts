import type { ResponseMessage } from '../envelope.ts'
import { type JsonNode, splice } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { readServerMessage } from '../upstream/event-stream.ts'
import { type HeaderParameter, headerParameters } from './tool-headers.ts'

/** What the lists of one server said of its tools. */
export interface ListedTools {
  /**
   * Reads an answer to `tools/list`.
   * @returns the answer without the tools whose definition is invalid; the server's own bytes where all are valid
   */
  read(answer: ResponseMessage): ResponseMessage
  /** @returns undefined for a tool that no list has named, null for one whose definition is invalid */
  parameters(tool: string): readonly HeaderParameter[] | null | undefined
}

/** A server that invents new names for ever is only remembered so far. */
const MOST_TOOLS = 10_000
/** In characters, of their names and headers. */
const MOST_SIZE = 4 * 1024 * 1024
/** Those of longer names are withheld, and nobody calls them. */
const LONGEST_NAME = 256

export function createListedTools(): ListedTools {
  const known = new Map<string, { parameters: readonly HeaderParameter[] | null; size: number }>()
  let size = 0

  function remember(name: string, parameters: readonly HeaderParameter[] | null): void {
    const before = known.get(name)
    if (before === undefined && known.size >= MOST_TOOLS) return
    const text = parameters?.length ? JSON.stringify(parameters) : ''
    const own = name.length + text.length
    size -= before?.size ?? 0
    known.delete(name)
    if (size + own > MOST_SIZE) return
    size += own
    // Read anew: a long name of an argument would keep the whole list that it is of.
    known.set(name, { parameters: text === '' ? parameters : JSON.parse(text), size: own })
  }

  function isValid(tool: JsonNode): boolean {
    const parameters = headerParameters(tool)
    const name = tool.member('name')?.string()
    // One that is larger is withheld as well.
    const isReadable = tool.end - tool.start <= limits.toolBytes
    if (name !== undefined && name.length <= LONGEST_NAME && isReadable) remember(name, parameters)
    return parameters !== null
  }

  return {
    read(answer) {
      const tools = answer.result?.member('tools')
      if (tools?.kind !== 'array') return answer
      const all = tools.elements()
      const valid = all.filter(isValid)
      if (valid.length === all.length) return answer
      process.stderr.write(
        `warder: ${all.length - valid.length} tools are left out: their x-mcp-header is invalid\n`,
      )
      const { start, end } = tools
      const text = `[${valid.map(({ raw }) => raw).join(',')}]`
      return readServerMessage(splice(answer.text, [{ start, end, text }])) as ResponseMessage
    },
    parameters: (tool) => known.get(tool)?.parameters,
  }
}

/** Where the next page begins, as JSON text; null at the last one. */
export const nextCursor = ({ result }: ResponseMessage) => {
  const cursor = result?.member('nextCursor')
  return cursor?.kind === 'string' ? cursor.raw : null
}
