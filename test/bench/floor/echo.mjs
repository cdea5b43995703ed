/** What the smallest MCP server answers. */
const tool = {
  name: 'echo',
  description: 'Says it again',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } } },
}

const serverInfo = { name: 'floor', version: '1' }

/** @returns the answer to one message, null where it has none */
export function answer({ id, method, params }) {
  if (id === undefined) return null
  const result = resultOf(method, params)
  if (result === undefined) return { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }
  return { jsonrpc: '2.0', id, result }
}

function resultOf(method, params) {
  switch (method) {
    case 'initialize':
      return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo }
    case 'tools/list':
      return { tools: [tool] }
    case 'tools/call':
      return { content: [{ type: 'text', text: said(params.arguments) }] }
    case 'ping':
      return {}
    default:
      return undefined
  }
}

/** The message again, or so many characters where `size` asks for them. */
const said = ({ message, size }) => (size === undefined ? `Echo: ${message}` : 'x'.repeat(size))
