import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A proxy that opens tunnels (RFC 9110 §9.3.6) and sees what one sees. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** `HOST:PORT` of each CONNECT, in order. */
  readonly asked: readonly string[]
  /** `Proxy-Authorization` of each CONNECT. */
  readonly authorizations: readonly (string | undefined)[]
  readonly connections: () => number
  /** Every byte that went through a tunnel towards a host. */
  readonly sent: () => Buffer
}

/**
 * @param reach what the proxy's own resolver says: the port on this machine that stands for `HOST:PORT`
 * @param status instead of opening the tunnel; null: never answers
 * @param credentials `user:password` that it wants (407 else)
 * @param first what it writes behind its answer, as no honest proxy does
 */
export async function startConnectProxy(options: {
  readonly reach: (authority: string) => number
  readonly status?: number | null
  readonly credentials?: string
  readonly first?: string
}): Promise<ConnectProxy> {
  const { reach, status = 200, credentials, first = '' } = options
  const [asked, authorizations]: [string[], (string | undefined)[]] = [[], []]
  const sent: Buffer[] = []
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((_request, response) => response.writeHead(400).end())
  server.on('connection', (socket) => {
    connections++
    open.add(socket)
    socket.on('error', () => {})
  })
  server.on('connect', (request, socket) => {
    const authorization = request.headers['proxy-authorization']
    asked.push(request.url ?? '')
    authorizations.push(authorization)
    if (status === null) return
    const known =
      credentials === undefined ||
      authorization === `Basic ${Buffer.from(credentials).toString('base64')}`
    const answer = known ? status : 407
    if (answer !== 200) return socket.end(`HTTP/1.1 ${answer} No\r\ncontent-length: 0\r\n\r\n`)
    const host = connect(reach(request.url ?? ''), '127.0.0.1', () => {
      socket.write(`HTTP/1.1 200 Connection established\r\n\r\n${first}`)
      socket.on('data', (bytes: Buffer) => sent.push(bytes))
      socket.pipe(host).pipe(socket)
    })
    open.add(host)
    host.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    authorizations,
    connections: () => connections,
    sent: () => Buffer.concat(sent),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}
