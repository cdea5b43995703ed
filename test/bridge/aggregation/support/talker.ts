import type { ServerDefinition } from '../../../../main/store/config-schema.ts'
import { localServer } from '../../support/world.ts'

/**
 * A local server that says what it is told to: its tool `say` writes the lines of its arguments and answers, `hold` writes
 * them and does not. Whatever else reaches it, it tells as a log message, under its name.
 */
export const talker = (name: string, capabilities: object = {}): ServerDefinition =>
  localServer(`
import { createInterface } from 'node:readline'
const write = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize')
    write({ id, result: { protocolVersion: '2025-11-25', capabilities: ${JSON.stringify({ tools: {}, logging: {}, ...capabilities })}, serverInfo: { name: 'talker', version: '1' } } })
  else if (method === 'tools/list') write({ id, result: { tools: ['say', 'hold'].map((name) => ({ name, inputSchema: { type: 'object' } })) } })
  else if (method === 'tools/call') {
    for (const text of params.arguments?.lines ?? []) console.log(text.replaceAll('CALL', JSON.stringify(id)))
    if (params.name === 'say') write({ id, result: { content: [] } })
  } else {
    if (method !== 'notifications/initialized')
      write({ method: 'notifications/message', params: { level: 'info', data: ${JSON.stringify(name)} + ' ' + line } })
    if (id !== undefined && method !== undefined) write({ id, result: {} })
  }
}`)

export interface Said {
  readonly id?: string | number
  readonly method?: string
  readonly params?: { readonly data?: string; readonly [name: string]: unknown }
  readonly result?: unknown
}
