import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'

/** What a scenario hands to its client besides the URL. */
const contextSchema = z.looseObject({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  private_key_pem: z.string().optional(),
  toolCalls: z
    .array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }))
    .optional(),
})

export type ScenarioContext = z.output<typeof contextSchema>

export interface ToolCall {
  readonly name: string
  readonly arguments: Record<string, unknown>
  // The SDK's own parameter type has an index signature.
  readonly [key: string]: unknown
}

/** @param text `MCP_CONFORMANCE_CONTEXT`, which only some scenarios set */
export function contextOf(text: string | undefined): ScenarioContext {
  return contextSchema.parse(JSON.parse(text || '{}'))
}

/** The calls that the scenario names, else one of each tool with arguments that its schema takes. */
export function callsFor(tools: readonly Tool[], context: ScenarioContext): readonly ToolCall[] {
  return (
    context.toolCalls ??
    tools.map(({ name, inputSchema }) => ({
      name,
      arguments: {
        ...Object.fromEntries(
          Object.entries(inputSchema.properties ?? {}).map(([key, schema]) => [
            key,
            sample(schema),
          ]),
        ),
        ...(name === ECHO ? { schema: tools.find((tool) => tool.name !== ECHO)?.inputSchema } : {}),
      },
    }))
  )
}

/** Wants the schema of the other tool back, to see whether it arrived whole. */
const ECHO = 'json_schema_echo'

function sample(schema: object): unknown {
  const type = 'type' in schema ? schema.type : 'string'
  if (type === 'number' || type === 'integer') return 5
  return type === 'boolean' ? true : 'x'
}
