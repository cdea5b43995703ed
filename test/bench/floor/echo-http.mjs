/** The fastest that a Node server over Streamable HTTP can be. Prints its address. */
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { answer } from './echo.mjs'

const server = http.createServer(async (request, response) => {
  if (request.method !== 'POST')
    return response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
  const message = JSON.parse(await text(request))
  const answered = answer(message)
  if (answered === null) return response.writeHead(202).end()
  const body = Buffer.from(JSON.stringify(answered))
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}),
  })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`))
