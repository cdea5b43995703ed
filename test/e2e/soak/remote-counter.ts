import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { answerOf, type Era } from './counter.ts'

/** The counter as a remote server: Streamable HTTP of 2025-11-25, answered with JSON and with streams, or of 2026-07-28. */
export interface RemoteCounter extends AsyncDisposable {
  readonly url: string
  /** As if its process had been killed and started again: connections break, sessions are forgotten, answers are lost. */
  crash(): void
}

export async function startRemoteCounter(file: string, era: Era): Promise<RemoteCounter> {
  const sessions = new Set<string>()
  /** Grows with each crash: what an earlier life has read is not answered by a later one. */
  let life = 0
  let answers = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const own = life
    if (request.method === 'DELETE') sessions.delete(`${request.headers['mcp-session-id']}`)
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const message = JSON.parse(await text(request))
    if (own !== life) return void response.destroy()
    const opens = era === 'session' && message.method === 'initialize'
    if (era === 'session' && !opens && message.method !== 'server/discover')
      if (!sessions.has(`${request.headers['mcp-session-id']}`))
        return void response.writeHead(404).end()
    const answer = answerOf(message, file, era)
    if (answer === null) return void response.writeHead(202).end()
    const headers: Record<string, string> = {}
    if (opens) {
      headers['mcp-session-id'] = randomUUID()
      sessions.add(headers['mcp-session-id'])
    }
    // What has been done is done; its answer takes a turn of the loop more, in which somebody may be killed.
    await new Promise(setImmediate)
    if (own !== life) return void response.destroy()
    if (++answers % 2 === 0)
      response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(answer)
    else
      response
        .writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
        .end(`data: ${answer}\n\n`)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    crash() {
      life++
      sessions.clear()
      server.closeAllConnections()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
