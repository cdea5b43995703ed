import { randomUUID } from 'node:crypto'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pipeline } from 'node:stream'
import { proofChecker } from './dpop-proof.ts'
import { testHome } from './home.ts'
import { digest } from './identity-provider/journal.ts'
import type { IdentityProvider } from './identity-provider/types.ts'
import { spawnReady } from './processes.ts'
import { serverEverything } from './stdio-servers.ts'
import { tokenValidator, type Validate } from './token-validator.ts'

/** One request as it arrived at the MCP server's door. */
export interface SeenRequest {
  readonly method: string
  /** Of the JSON-RPC message in the body, `null` where there is none. */
  readonly rpcMethod: string | null
  /** `null` until the answer begins. */
  readonly status: number | null
  /** `sha256:HEX` of the credential; the credential itself is kept nowhere. */
  readonly bearer: string | null
}

export interface ResourceServer extends AsyncDisposable {
  /** The MCP endpoint, and the resource identifier of RFC 8707. */
  readonly url: string
  /** Oldest first; metadata requests are left out. */
  readonly seen: readonly SeenRequest[]
}

/** How the server is guarded: an authorization server, a static header, or nothing. */
export type Guard =
  | Pick<IdentityProvider, 'issuer' | 'introspectionClient' | 'acceptResource'>
  | { readonly header: string; readonly value: string }
  | { readonly open: true }

export interface ResourceServerOptions {
  /** Asked for in the challenge; `['mcp:read']` by default. A token needs all of them. */
  readonly scopes?: readonly string[]
  /** Sees each request whole, for tests of what must not be in it. */
  readonly tap?: (request: IncomingMessage) => void
  /** Takes bound tokens only (RFC 9449). */
  readonly dpop?: DpopGuard
}

export interface DpopGuard {
  /** What proofs have to name from now on; null: no nonce is asked for. */
  nonce(): string | null
  /** Every `jti` that was taken, in order. */
  readonly proofs: Set<string>
}

/**
 * `server-everything` over Streamable HTTP behind a door of ours that does what RFC 9728 and the MCP specification ask
 * of a protected resource. The server itself listens on a socket file, so nothing goes around the door and no port is
 * guessed.
 */
export async function startResourceServer(
  guard: Guard,
  { scopes = ['mcp:read'], tap, dpop }: ResourceServerOptions = {},
): Promise<ResourceServer> {
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome())
  const socket =
    process.platform === 'win32' ? `\\\\.\\pipe\\${randomUUID()}` : path.join(home.path, 'mcp.sock')
  started.use(await startEverything(socket))

  const seen: Mutable<SeenRequest>[] = []
  const door = createServer()
  door.listen(0, '127.0.0.1')
  await new Promise((listening) => door.once('listening', listening))
  started.defer(() => closeServer(door))

  const origin = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  const url = `${origin}/mcp`
  const admit = await admission(guard, url, scopes, dpop)
  door.on('request', (request, response) =>
    serve(request, response).catch(() => response.writeHead(503).end()),
  )

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    tap?.(request)
    if ('issuer' in guard && request.url === metadataPath)
      return sendMetadata(response, { resource: url, issuer: guard.issuer, scopes, dpop })
    if (request.url !== '/mcp') return void response.writeHead(404).end()
    const entry = note(request, response, guard)
    seen.push(entry)
    const refusal = await admit(request)
    if (refusal) return refuse(request, response, refusal)
    forward(request, response, socket, entry)
  }

  const resources = started.move()
  return { url, seen, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const metadataPath = '/.well-known/oauth-protected-resource/mcp'

function startEverything(socket: string) {
  return spawnReady({
    command: process.execPath,
    args: [serverEverything, 'streamableHttp'],
    // Express takes a path where it takes a port.
    env: { PORT: socket },
    announced: (line) => line.includes('listening on port') || undefined,
  })
}

interface Refusal {
  readonly status: number
  readonly challenge?: string
  readonly nonce?: string | null
}

async function admission(
  guard: Guard,
  resource: string,
  scopes: readonly string[],
  dpop: DpopGuard | undefined,
): Promise<(request: IncomingMessage) => Promise<Refusal | null>> {
  if ('open' in guard) return async () => null
  if ('header' in guard)
    return async ({ headers }) =>
      headers[guard.header.toLowerCase()] === guard.value ? null : { status: 401 }
  await guard.acceptResource(resource)
  const validate = tokenValidator({ ...guard, resource, scopes })
  if (dpop) return boundTokens(validate, resource, scopes, dpop)
  return ({ headers }) => bearerRefusal(headers.authorization, validate, resource, scopes)
}

/** The challenge of RFC 6750 §3 with the `resource_metadata` of RFC 9728 §5.1. */
async function bearerRefusal(
  authorization: string | undefined,
  validate: Validate,
  resource: string,
  scopes: readonly string[],
): Promise<Refusal | null> {
  const parameters = [
    `resource_metadata="${new URL(metadataPath, resource)}"`,
    `scope="${scopes.join(' ')}"`,
  ]
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  const verdict = token ? await validate(token, null) : 'missing'
  if (verdict === 'valid') return null
  if (verdict !== 'missing') parameters.unshift(`error="${verdict}"`)
  const status = verdict === 'insufficient_scope' ? 403 : 401
  return { status, challenge: `Bearer ${parameters.join(', ')}` }
}

/** RFC 9449 §7.1 and §9; nothing but the scheme DPoP is looked at. */
function boundTokens(
  validate: Validate,
  resource: string,
  scopes: readonly string[],
  dpop: DpopGuard,
): (request: IncomingMessage) => Promise<Refusal | null> {
  const { check } = proofChecker(dpop.proofs)
  const parameters = [
    'algs="ES256"',
    `resource_metadata="${new URL(metadataPath, resource)}"`,
    `scope="${scopes.join(' ')}"`,
  ]
  const refusal = (error?: string): Refusal => ({
    status: error === 'insufficient_scope' ? 403 : 401,
    challenge: `DPoP ${[...(error ? [`error="${error}"`] : []), ...parameters].join(', ')}`,
    nonce: error === 'use_dpop_nonce' ? dpop.nonce() : null,
  })
  return async ({ headers, method = '' }) => {
    const token = /^DPoP (\S+)$/i.exec(headers.authorization ?? '')?.[1]
    if (token === undefined) return refusal()
    const proof = headers.dpop
    const checked = await check({ method, url: resource, proof, token, nonce: dpop.nonce() })
    if ('error' in checked) return refusal(checked.error)
    const verdict = await validate(token, checked.jkt)
    return verdict === 'valid' ? null : refusal(verdict)
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  request.resume()
  const headers = {
    ...(refusal.challenge && { 'www-authenticate': refusal.challenge }),
    ...(refusal.nonce && { 'dpop-nonce': refusal.nonce }),
  }
  response.writeHead(refusal.status, headers).end()
}

function sendMetadata(
  response: ServerResponse,
  about: {
    resource: string
    issuer: string
    scopes: readonly string[]
    dpop: DpopGuard | undefined
  },
): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(
    JSON.stringify({
      resource: about.resource,
      authorization_servers: [about.issuer],
      scopes_supported: about.scopes,
      bearer_methods_supported: ['header'],
      ...(about.dpop && { dpop_bound_access_tokens_required: true }),
    }),
  )
}

function note(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
): Mutable<SeenRequest> {
  const credential =
    'header' in guard
      ? request.headers[guard.header.toLowerCase()]?.toString()
      : request.headers.authorization?.replace(/^(?:Bearer|DPoP) /i, '')
  const entry: Mutable<SeenRequest> = {
    method: request.method ?? '',
    rpcMethod: null,
    status: null,
    bearer: credential ? digest(credential) : null,
  }
  const writeHead = response.writeHead.bind(response)
  response.writeHead = ((status: number, ...rest: never[]) => {
    entry.status = status
    return writeHead(status, ...rest)
  }) as typeof response.writeHead
  return entry
}

/** Streams both ways. What the door checked stays here: the server behind it sees no credential. */
function forward(
  request: IncomingMessage,
  response: ServerResponse,
  socketPath: string,
  entry: Mutable<SeenRequest>,
): void {
  const { authorization: _credential, dpop: _proof, connection: _hop, ...headers } = request.headers
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    entry.rpcMethod = rpcMethod(Buffer.concat(chunks).toString())
  })
  const upstream = httpRequest({ socketPath, path: '/mcp', method: request.method, headers })
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    pipeline(answer, response, () => undefined)
  })
  upstream.on('error', () => response.destroy())
  response.on('close', () => upstream.destroy())
  pipeline(request, upstream, () => undefined)
}

function rpcMethod(body: string): string | null {
  try {
    const { method } = JSON.parse(body)
    return typeof method === 'string' ? method : null
  } catch {
    return null
  }
}

async function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
