/**
 * A server with sessions and one tool, `count`, which writes its key into a file that is only ever appended to:
 * `counter-server.ts FILE NAME` over stdio. It imports nothing but Node, so that many of them start at once.
 */
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , file = ''] = process.argv

interface Request {
  id?: number | string
  method?: string
  params?: { protocolVersion?: string; arguments?: { key?: string } }
}

const tools = [
  {
    name: 'count',
    description: 'Writes its key down',
    inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
  },
]

function resultOf({ method, params }: Request): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'counter', version: '1' },
      }
    case 'ping':
      return {}
    case 'tools/list':
      return { tools }
    case 'tools/call': {
      const { key = '' } = params?.arguments ?? {}
      // Before the answer: who was answered finds its key here.
      appendFileSync(file, `${key}\n`)
      return { content: [{ type: 'text', text: key }] }
    }
    default:
      return undefined
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request: Request = JSON.parse(line)
  if (request.id === undefined || request.method === undefined) return
  const result = resultOf(request)
  const error = { code: -32601, message: 'Method not found' }
  const outcome = result === undefined ? { error } : { result }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...outcome })}\n`)
})
