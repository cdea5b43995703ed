import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream'
import { type Loopback, listenOnLoopback } from '../../harness/loopback.ts'

/**
 * Adds a client's bearer to what the suite sends, since the suite has none to send, and passes everything else on as
 * it is, to and fro. Where a request names the proxy itself, it names the door behind it afterwards; a foreign Host or
 * Origin arrives as foreign. The suite's own Origin is left off: it plays a page of the server's, and Warder has none.
 */
export async function startBearerProxy(door: string, bearer: string): Promise<Loopback> {
  const target = new URL(door)
  const proxy = await listenOnLoopback((request, response) => {
    const headers = { ...translated(request.headers), authorization: `Bearer ${bearer}` }
    const { method, url } = request
    const onward = httpRequest(new URL(url ?? '/', target), { method, headers, agent: false })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      pipeline(answer, response, () => undefined)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    pipeline(request, onward, () => undefined)
  })
  const own = new URL(proxy.origin)

  function translated({ connection: _hop, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
    if (headers.host === own.host) headers.host = target.host
    if (headers.origin === own.origin) delete headers.origin
    return headers
  }
  return proxy
}
