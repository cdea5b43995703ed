import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface SecureServer extends AsyncDisposable {
  readonly port: number
  /** What each finished handshake asked for by SNI, in order. */
  readonly names: readonly (string | false | null)[]
  /** `METHOD HOST PATH` of each request, in order. */
  readonly requests: readonly string[]
}

/** A real HTTPS server on 127.0.0.1 that greets. */
export async function startSecureServer(identity: {
  readonly key: string
  readonly cert: string
}): Promise<SecureServer> {
  const [names, requests]: [(string | false | null)[], string[]] = [[], []]
  const server = createServer(identity, (request, response) => {
    requests.push(`${request.method} ${request.headers.host} ${request.url}`)
    response.end('hello')
  })
  server.on('secureConnection', (socket) => names.push(socket.servername))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    names,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
