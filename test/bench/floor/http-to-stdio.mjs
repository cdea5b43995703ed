/** The smallest program between clients over HTTP and a server on stdio: `node http-to-stdio.mjs COMMAND ARGS…`. Prints its address. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { eachLine } from './lines.mjs'

const [command, ...args] = process.argv.slice(2)
const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
const waiting = new Map()
let counter = 0

eachLine(child.stdout, (line) => {
  const message = JSON.parse(line)
  const call = waiting.get(message.id)
  if (message.method !== undefined || call === undefined) return
  waiting.delete(message.id)
  const body = Buffer.from(JSON.stringify({ ...message, id: call.id }))
  call.response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(call.opens ? { 'mcp-session-id': randomUUID() } : {}),
  })
  call.response.end(body)
})

const server = http.createServer(async (request, response) => {
  if (request.method !== 'POST')
    return response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
  const message = JSON.parse(await text(request))
  const id = message.id === undefined ? undefined : ++counter
  child.stdin.write(`${JSON.stringify({ ...message, id })}\n`)
  if (id === undefined) return response.writeHead(202).end()
  waiting.set(id, { id: message.id, response, opens: message.method === 'initialize' })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`))
process.on('SIGTERM', () => {
  child.kill()
  process.exit(0)
})
