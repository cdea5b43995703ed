import type { Fetch } from '../net/dialer.ts'

const DEADLINE_MS = 10_000

/**
 * One request that changes nothing at an MCP server: without a token it brings the challenge (MCP, Protected Resource
 * Metadata Discovery), with a revoked one it shows whether the server still takes it. `ping` needs no session; a server
 * that checks authorization answers 401 before it reads the message.
 *
 * @param authorization the headers that show a token
 * @throws WarderError `net.*`
 */
export async function probe(
  fetch: Fetch,
  serverUrl: string,
  authorization: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: Headers }> {
  const response = await fetch(serverUrl, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-11-25',
      ...authorization,
    },
    body: '{"jsonrpc":"2.0","id":"warder","method":"ping"}',
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  // Only status and headers matter; a stream that stays open would hold the connection.
  await response.body?.cancel()
  return { status: response.status, headers: response.headers }
}
