import { isUtf8 } from 'node:buffer'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WarderError } from '../../errors.ts'
import { digestOf } from '../../identity/clients.ts'
import { countHeld, type Room, type Share } from '../../runtime/budget.ts'
import { createGrowing, type Growing } from '../../runtime/growing.ts'
import { isStateless } from '../eras/claim.ts'
import { limits } from '../limits.ts'
import { refusal } from '../refusal.ts'
import { type HttpReply, replyTo } from './http-reply.ts'

/**
 * The token door: loopback HTTP for clients that speak it. Exact Host and port, no Origin at all (no page may call),
 * a bearer per client on everything, POST of JSON only but for the stream and the end of a session, 404 on every
 * well-known path: clients such as Cursor ignore the header they were configured with as soon as they find OAuth metadata.
 */
export interface TokenDoor {
  readonly port: number
  close(): Promise<void>
}

export interface TokenVisit {
  /** @param digest of a bearer @returns the client whose it is, or null */
  client(digest: string): string | null
  /** Where what waits of a client counts. */
  share(client: string): Share
  /** Takes one message of an authenticated client. */
  receive(
    message: Address & {
      /** `MCP-Protocol-Version` of the request. */
      protocolVersion: string | undefined
      /** All of the request; none of them twice that would be read. */
      headers: IncomingHttpHeaders
      text: string
      reply: HttpReply
    },
  ): Promise<void>
  /**
   * The client of a session listens for what it does not ask for (MCP 2025-11-25, Listening for Messages from the Server).
   * @returns the status that refuses it; null: the reply is its stream from now on
   */
  listen(from: Address, reply: HttpReply): 404 | 409 | null
  /** The client ends its session (§ Session Management). */
  end(from: Address): Promise<204 | 404>
}

/** Whose request it is, and what it is for. */
export interface Address {
  readonly client: string
  /** Null for all of them. */
  readonly server: string | null
  /** `Mcp-Session-Id` of the request. */
  readonly session: string | undefined
}

/** How long a request may take to arrive, in milliseconds, and how often that is looked at. */
export interface Patience {
  readonly fieldsMs: number
  readonly requestMs: number
  readonly everyMs: number
}

const usualPatience: Patience = {
  fieldsMs: limits.fieldsMs,
  requestMs: limits.requestMs,
  everyMs: 5_000,
}

/** @param port 0 for any free one @throws WarderError `door.port_taken` */
export async function openTokenDoor(
  port: number,
  visit: TokenVisit,
  patience: Patience = usualPatience,
): Promise<TokenDoor> {
  let own = ''
  /** Connections that have not shown a bearer yet, the oldest first. */
  const strangers = new Set<Socket>()
  const proven = (socket: Socket) => void strangers.delete(socket)
  const server = createServer(
    // Header limits of Node are right; the timeouts end slow and idle peers.
    {
      requestTimeout: patience.requestMs,
      headersTimeout: patience.fieldsMs,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: patience.everyMs,
      requireHostHeader: true,
    },
    (request, response) => {
      handle(request, response, visit, own, proven).catch(() => response.destroy())
    },
  )
  server.maxConnections = limits.httpConnections
  // A flood of connections that say nothing must not keep out those that do.
  server.on('connection', (socket) => {
    strangers.add(socket)
    socket.once('close', () => strangers.delete(socket))
    const [oldest] = strangers
    if (strangers.size > limits.strangers) oldest?.destroy()
  })
  server.on('upgrade', (_request, socket) => socket.destroy())
  server.on('connect', (_request, socket) => socket.destroy())
  await listen(server, port)
  const opened = (server.address() as AddressInfo).port
  own = `${opened}`
  return {
    port: opened,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new WarderError(
          'door.port_taken',
          `Port ${port} on 127.0.0.1 cannot be opened; another program has it.`,
          { cause },
        ),
      ),
    )
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  visit: TokenVisit,
  port: string,
  proven: (socket: Socket) => void,
): Promise<void> {
  const refused = refuse(request, port)
  if (refused !== null) return end(response, refused)
  const client = clientOf(request, visit)
  if (client === null) return unauthorized(response)
  proven(request.socket)
  const route = /^\/mcp(?:\/([a-z0-9-]{1,32}))?$/.exec(request.url ?? '')
  if (route === null) return end(response, 404)
  const from = { client, server: route[1] ?? null, session: single(request, 'mcp-session-id') }
  const protocolVersion = single(request, 'mcp-protocol-version')
  if (request.method !== 'POST') {
    // Without a session there is nothing to listen to and nothing to end (MCP 2026-07-28, Streamable HTTP).
    if (from.session === undefined || (protocolVersion && isStateless(protocolVersion)))
      return end(response, 405, { allow: 'POST' })
    if (request.method === 'GET') return openStream(request, response, visit, from)
    if (request.method === 'DELETE') return end(response, await visit.end(from))
    return end(response, 405, { allow: 'GET, POST, DELETE' })
  }
  if (!isJson(request)) return end(response, 415)

  const share = visit.share(client)
  const text = await readBody(request, share.asks)
  if (text === null) return end(response, 400)
  if (typeof text === 'number') return endUnread(request, response, text)
  const reply = replyTo(response, share)
  await visit
    .receive({ ...from, protocolVersion, headers: request.headers, text, reply })
    .catch((error: unknown) => reply.refuse(refusal('null', error)))
}

/** What a connection showed last that was a client's, and the digest of it: most of them show the same with each request. */
const shown = new WeakMap<Socket, { readonly authorization: string; readonly digest: string }>()

/** Whose bearer (RFC 6750 §2.1) came with a request, as of now; null where it is nobody's. */
function clientOf({ headers, socket }: IncomingMessage, visit: TokenVisit): string | null {
  const { authorization = '' } = headers
  const last = shown.get(socket)
  if (last?.authorization === authorization) return visit.client(last.digest)
  const bearer = /^Bearer ([\x21-\x7e]+)$/.exec(authorization)?.[1]
  if (bearer === undefined) return null
  const digest = digestOf(bearer)
  const client = visit.client(digest)
  if (client !== null) shown.set(socket, { authorization, digest })
  return client
}

function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  visit: TokenVisit,
  from: Address,
): void {
  const accepts = /\btext\/event-stream\b/i.test(request.headers.accept ?? '')
  const refused = accepts ? visit.listen(from, replyTo(response, visit.share(from.client))) : 406
  if (refused !== null) end(response, refused)
}

/** What is refused before anybody is asked who they are. @returns an HTTP status, or null */
function refuse(request: IncomingMessage, port: string): number | null {
  const { headers, rawHeaders } = request
  // Some look below the server's own path.
  if (/\/\.well-known(?:\/|$)/.test(request.url?.split('?')[0] ?? '')) return 404
  // Older ones need no Host.
  if (request.httpVersion !== '1.1') return 505
  // Where as many came as are known, none came twice.
  if (rawHeaders.length !== 2 * Object.keys(headers).length && hasTwoReadings(rawHeaders))
    return 400
  const host = headers.host?.toLowerCase()
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return 421
  if (headers.origin !== undefined) return 403
  // Only a browser says where a request comes from; `none` is a person who typed the address.
  if ((headers['sec-fetch-site'] ?? 'none') !== 'none') return 403
  return null
}

/** Two of one of these is two readings of one request. */
const ONCE = [
  'host',
  'origin',
  'authorization',
  'content-type',
  'content-length',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
]

function hasTwoReadings(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  return ONCE.some((name) => names.indexOf(name) !== names.lastIndexOf(name))
}

/** Of a field that nobody but Warder and its clients gives a meaning, so Node makes a list of two. */
function single({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

function isJson(request: IncomingMessage): boolean {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return false
  return /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(
    request.headers['content-type'] ?? '',
  )
}

/** @returns the text, null where it is not UTF-8, or the HTTP status that refuses it */
async function readBody(request: IncomingMessage, room: Room): Promise<string | null | 413 | 503> {
  if (Number(request.headers['content-length'] ?? 0) > limits.messageBytes) return 413
  return wholeBody(request, room)
}

const textOf = (bytes: Buffer) => (isUtf8(bytes) ? bytes.toString('utf8') : null)

/** @returns as {@link readBody}; it is not destroyed then: the answer goes out on the same socket */
function wholeBody(request: IncomingMessage, room: Room): Promise<string | null | 413 | 503> {
  const most = limits.messageBytes
  const said = Number(request.headers['content-length'])
  const { promise, resolve, reject } = Promise.withResolvers<string | null | 413 | 503>()
  /** Most come in one piece. */
  let first: Buffer | undefined
  let whole: Growing | undefined
  let hasRoom: ReturnType<typeof countHeld> | undefined

  function end(outcome: string | null | 413 | 503): void {
    request.off('data', onData)
    whole?.free()
    hasRoom?.(0)
    resolve(outcome)
  }
  function onData(chunk: Buffer): void {
    if (first === undefined && chunk.length <= most) {
      first = chunk
      // As long as it was said to be: its end would take turns to be told.
      if (chunk.length === said) end(textOf(chunk))
      return
    }
    if (whole === undefined) {
      whole = createGrowing(most)
      hasRoom = countHeld(room)
      whole.push(first ?? NOTHING)
    }
    if (whole.length() + chunk.length > most) end(413)
    else if (hasRoom?.(whole.sizeWith(chunk.length)) === false) end(503)
    else whole.push(chunk)
  }
  request.on('data', onData)
  request.on('end', () => end(textOf(whole?.bytes() ?? first ?? NOTHING)))
  request.on('error', reject)
  request.on('close', () => end(null))
  return promise
}

const NOTHING = Buffer.alloc(0)

/** No metadata is named in the challenge (RFC 6750 §3): there is none here to find. */
function unauthorized(response: ServerResponse): void {
  const error = new WarderError('client.unauthorized', 'The bearer is missing, unknown or revoked.')
  response.writeHead(401, {
    'cache-control': 'no-store',
    'content-type': 'application/json',
    'www-authenticate': 'Bearer',
  })
  response.end(refusal('null', error))
}

const WHY = {
  413: new WarderError('bridge.too_large', 'The message is longer than Warder forwards.'),
  503: new WarderError('bridge.busy', 'There is no room for more of this message.'),
}

/**
 * Answers at once, and then reads and throws away for a moment what the client still pours: a socket that is closed with
 * something unread resets its connection, and the client may never read the answer.
 */
function endUnread(request: IncomingMessage, response: ServerResponse, status: 413 | 503): void {
  const text = refusal('null', WHY[status])
  response.writeHead(status, {
    'cache-control': 'no-store',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  })
  response.write(text)
  const done = () => response.end()
  const timer = setTimeout(done, limits.goodbyeTimeoutMs)
  response.once('close', () => clearTimeout(timer))
  request.once('end', done)
  request.resume()
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end()
}
