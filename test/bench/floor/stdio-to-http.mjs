/** The smallest program between a client on stdio and a server over HTTP: `node stdio-to-http.mjs URL`. */
import http from 'node:http'
import { eachLine } from './lines.mjs'

const url = process.argv[2]
const agent = new http.Agent({ keepAlive: true })
let session = {}

eachLine(process.stdin, (line) => {
  const { id, method } = JSON.parse(line)
  const request = http.request(url, {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'content-length': Buffer.byteLength(line),
      ...session,
    },
  })
  request.on('response', (response) => {
    let body = ''
    if (method === 'initialize') session = { 'mcp-session-id': response.headers['mcp-session-id'] }
    response.setEncoding('utf8')
    response.on('data', (chunk) => {
      body += chunk
    })
    response.on('end', () => {
      if (id !== undefined) process.stdout.write(`${JSON.stringify(JSON.parse(dataOf(body)))}\n`)
    })
  })
  request.end(line)
})
process.stdin.on('end', () => process.exit(0))

/** An answer may be plain, or the last event of a stream. */
function dataOf(body) {
  if (body.startsWith('{')) return body
  const data = body.split(/\r?\n/).filter((line) => line.startsWith('data:'))
  return data.at(-1)?.slice('data:'.length) ?? 'null'
}
