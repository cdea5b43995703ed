/** One tool as a person looks at it. */
export interface KnownTool {
  readonly name: string
  readonly description: string | null
  /** A rough count of what its definition costs in a model's context. */
  readonly tokens: number
}

/** Tokenizers differ; for English and JSON four characters a token is the usual rule of thumb. */
const CHARACTERS_PER_TOKEN = 4

/** What a client shows its model of a tool: name, description and the schema of its arguments. */
export function toolCost(tool: {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema?: unknown
}): KnownTool {
  const { name, description = '', inputSchema = {} } = tool
  const shown = JSON.stringify({ name, description, inputSchema })
  return {
    name,
    description: description === '' ? null : description,
    tokens: Math.ceil(shown.length / CHARACTERS_PER_TOKEN),
  }
}
