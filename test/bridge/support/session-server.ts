import type { ServerDefinition } from '../../../main/store/config-schema.ts'
import { localServer } from './world.ts'

/**
 * A local server with sessions. `on` is the source of a function of one message, with `send` to write messages and
 * `answer` to answer the message; it comes after the opening is done.
 */
export function sessionServer(on: string, capabilities: object = { tools: {} }): ServerDefinition {
  return localServer(`
    const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
    const seen = []
    const on = ${on}
    let rest = ''
    process.stdin.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\\n')
      rest = lines.pop()
      for (const line of lines) {
        const message = JSON.parse(line)
        seen.push(message)
        const answer = (result) => send({ id: message.id, result })
        if (message.method === 'initialize')
          answer({ protocolVersion: '2025-11-25', capabilities: ${JSON.stringify(capabilities)}, serverInfo: { name: 'old', version: '1', more: 'x' }, instructions: 'Be kind.' })
        else if (message.method === 'server/discover')
          send({ id: message.id, error: { code: -32601, message: 'Method not found' } })
        else on(message, { send, answer, seen })
      }
    })`)
}
