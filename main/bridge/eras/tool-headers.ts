import type { JsonNode } from '../json-scan.ts'

/** An argument of a tool that its server wants to see in a header as well. */
export interface HeaderParameter {
  /** What follows `mcp-param-`, in lower case. */
  readonly header: string
  /** The names that lead to it in `arguments`. */
  readonly path: readonly string[]
}

const ANNOTATION = 'x-mcp-header'

/**
 * The annotated arguments of a tool (MCP 2026-07-28, Streamable HTTP, Schema Extension).
 *
 * @returns null where an annotation breaks a rule: the tool has no valid definition then, and no client may see it
 */
export function headerParameters(tool: JsonNode): readonly HeaderParameter[] | null {
  const found: HeaderParameter[] = []
  const schema = tool.member('inputSchema')
  const valid = schema === undefined || collect(schema, [], found)
  const headers = new Set(found.map(({ header }) => header))
  return valid && headers.size === found.length ? found : null
}

/** @param path how the schema is reached through `properties` alone; null where it is not */
function collect(
  schema: JsonNode,
  path: readonly string[] | null,
  found: HeaderParameter[],
): boolean {
  if (schema.kind === 'array') return schema.elements().every((one) => collect(one, null, found))
  if (schema.kind !== 'object') return true
  const annotation = schema.member(ANNOTATION)
  if (annotation !== undefined) {
    const header = annotation.string()?.toLowerCase()
    const mirrors = PRIMITIVES.has(schema.member('type')?.string() ?? '')
    if (header === undefined || !TOKEN.test(header) || !mirrors || !path?.length) return false
    found.push({ header, path })
  }
  return schema.members().every(({ name, value }) => {
    if (DATA.has(name)) return true
    // The names in here are those of arguments, and no keywords.
    if (name === 'properties')
      return value
        .members()
        .every((property) => collect(property.value, path && [...path, property.name], found))
    if (MAPS.has(name)) return value.members().every((one) => collect(one.value, null, found))
    return collect(value, null, found)
  })
}

const PRIMITIVES = new Set(['string', 'integer', 'boolean'])
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\da-z-]+$/
/** Keywords that hold values and no schemas. */
const DATA = new Set([ANNOTATION, 'const', 'default', 'enum', 'examples', 'required'])
const MAPS = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties'])
