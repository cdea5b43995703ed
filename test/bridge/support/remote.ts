import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Seen {
  readonly method: string
  /** Path and query, as they came. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** JSON-RPC method, or null. */
  readonly rpc: string | null
  /** The id as it was written. */
  readonly id: string
}

/** A remote MCP server whose every answer the test writes. */
export interface Remote extends AsyncDisposable {
  readonly url: string
  readonly seen: Seen[]
  /** Requests of one JSON-RPC method. */
  of(rpc: string): Seen[]
}

export type Answer = (seen: Seen, response: ServerResponse) => unknown

export async function startRemote(answer: Answer): Promise<Remote> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        const one: Seen = {
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body,
          rpc: /"method"\s*:\s*"([^"]*)"/.exec(body)?.[1] ?? null,
          id: /"id"\s*:\s*("[^"]*"|-?\d+)/.exec(body)?.[1] ?? 'null',
        }
        seen.push(one)
        return answer(one, response)
      },
      () => {},
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    of: (rpc) => seen.filter((one) => one.rpc === rpc),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export function json(response: ServerResponse, id: string, result: string, headers = {}): void {
  response
    .writeHead(200, { 'content-type': 'application/json', ...headers })
    .end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`)
}

export const opened =
  '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"remote","version":"1"}}'

/** Opens sessions, accepts notifications, has no GET stream; the test adds what it is about. */
export function usual(more: Answer): Answer {
  return (seen, response) => {
    if (seen.rpc === 'initialize')
      return json(response, seen.id, opened, { 'mcp-session-id': 'session-1' })
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.rpc?.startsWith('notifications/')) return response.writeHead(202).end()
    return more(seen, response)
  }
}
