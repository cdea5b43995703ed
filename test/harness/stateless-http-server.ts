import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ReadableStream } from 'node:stream/web'
import {
  acceptedContent,
  createMcpHandler,
  inputRequired,
  McpServer,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

/** A server of 2026-07-28 made with the official SDK, over HTTP. It knows no sessions. */
export interface StatelessServer extends AsyncDisposable {
  readonly url: string
  /** Says on every stream that listens for it that the tools are others now. */
  toolsChanged(): void
}

const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) }],
})

function create(): McpServer {
  const server = new McpServer(
    { name: 'stateless', version: '1' },
    { capabilities: { tools: { listChanged: true }, resources: { subscribe: true } } },
  )
  server.registerResource('news', 'news://today', {}, async ({ href }) => ({
    contents: [{ uri: href, text: 'nothing' }],
  }))
  server.registerPrompt('simple', {}, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'a prompt' } }],
  }))
  server.registerTool('echo', { inputSchema: z.looseObject({}) }, async (args) => text(args))
  const region = z.string().meta({ 'x-mcp-header': 'Region' })
  server.registerTool('there', { inputSchema: z.object({ region }) }, async (args) => text(args))
  server.registerTool('greet', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
    const schema = z.object({ name: z.string() })
    const given = acceptedContent(mcpReq.inputResponses, 'who', schema)
    if (given) return text(`Hello ${given.name}, ${mcpReq.requestState()}`)
    return inputRequired({
      inputRequests: { who: inputRequired.elicit({ message: 'Who?', requestedSchema: schema }) },
      requestState: 'the state',
    })
  })
  server.registerTool('wait', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    if (progressToken !== undefined)
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress: 1 },
      })
    await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve))
    return text('too late')
  })
  return server
}

export async function startStatelessServer(): Promise<StatelessServer> {
  const handler = createMcpHandler(create, { legacy: 'reject' })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
    )
    const body = request.method === 'POST' ? await buffer(request) : null
    const answer = await handler.fetch(
      new Request(`http://${request.headers.host}${request.url}`, {
        method: request.method ?? 'GET',
        headers,
        signal: gone.signal,
        ...(body === null ? {} : { body: new Uint8Array(body) }),
      }),
    )
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    if (answer.body === null) response.end()
    else
      Readable.fromWeb(answer.body as ReadableStream)
        .on('error', () => {})
        .pipe(response)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    toolsChanged: () => handler.notify.toolsChanged(),
    async [Symbol.asyncDispose]() {
      await handler.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
