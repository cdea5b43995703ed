/**
 * A local server that tells a test of each call before it does anything else, and answers when the test says so. Run as
 * a program; the argument is the test's socket.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const test = connect(process.argv[2] ?? '')
test.on('error', () => {})
const say = (message: object) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

/** The test answers calls by their text, in any order. */
const waiting = new Map<string, (text: string) => void>()
createInterface({ input: test }).on('line', (text) => {
  waiting.get(text)?.(text)
  waiting.delete(text)
})

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    switch (method) {
      case 'initialize':
        return say({
          id,
          result: {
            protocolVersion: params.protocolVersion,
            capabilities: { tools: { listChanged: true } },
            serverInfo: { name: 'counting', version: '1' },
          },
        })
      case 'tools/list':
        return say({ id, result: { tools: [{ name: 'count', inputSchema: { type: 'object' } }] } })
      case 'tools/call': {
        const text = String(params.arguments.text)
        waiting.set(text, () => say({ id, result: { content: [{ type: 'text', text }] } }))
        return test.write(`${text}\n`)
      }
      default:
        if (id !== undefined) say({ id, result: {} })
    }
  })
  // Its companion is gone; what it does to the world it has done.
  .on('close', () => process.exit())
