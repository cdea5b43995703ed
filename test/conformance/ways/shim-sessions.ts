import {
  StdioClientTransport,
  type StdioServerParameters,
} from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js'
import { type SessionEndpoint, sessionEndpoint } from '../fixture/session-endpoint.ts'

/**
 * Lets the suite, which speaks HTTP only, talk to a program over stdio: one process for each session. On stdio nothing
 * says which request a message of the server belongs to; here it goes the way of the last one that is not answered.
 */
export function sessionsOverStdio(program: StdioServerParameters): SessionEndpoint {
  return sessionEndpoint((http) => join(http, new StdioClientTransport(program)))
}

async function join(http: Transport, stdio: StdioClientTransport): Promise<void> {
  const open = new Set<RequestId>()
  http.onmessage = (message) => {
    if (isJSONRPCRequest(message)) open.add(message.id)
    void stdio.send(message)
  }
  stdio.onmessage = (message) => {
    const related = [...open].at(-1)
    if (isAnswer(message)) open.delete(message.id)
    // Who closed its stream gets no answer any more.
    http.send(message, related === undefined ? {} : { relatedRequestId: related }).catch(() => {})
  }
  http.onclose = () => void stdio.close()
  stdio.onclose = () => void http.close()
  await stdio.start()
  await http.start()
}

const isAnswer = (message: JSONRPCMessage): message is JSONRPCMessage & { id: RequestId } =>
  'id' in message && !('method' in message)
