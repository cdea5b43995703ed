import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestServer extends AsyncDisposable {
  readonly port: number
  /** Connections so far, whether or not a request came. */
  readonly connections: () => number
  readonly requests: () => number
}

/** A real HTTP server on 127.0.0.1. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  let [connections, requests] = [0, 0]
  const server = createServer((request, response) => {
    requests++
    listener(request, response)
  })
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
