import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came; `form` holds the parameters of a form-encoded body. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
  readonly json: unknown
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown
  /** Cut the connection without an answer. */
  readonly cut?: boolean
}

export type Script = (request: Received) => Reply | Promise<Reply>

/**
 * An MCP server and the authorization server that guards it, on one loopback origin, doing what the specification asks
 * for. Each test replaces the one answer that its clause is about; no real provider can be made to misbehave like this.
 */
export interface ScriptedProvider extends AsyncDisposable {
  readonly origin: string
  readonly serverUrl: string
  /** What is answered at each path; a test overwrites entries. */
  readonly answers: Map<string, Script>
  readonly received: Received[]
  to(path: string): Received[]
  metadata(changes?: Record<string, unknown>): Record<string, unknown>
  resourceMetadata(changes?: Record<string, unknown>): Record<string, unknown>
}

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const received: Received[] = []
  const answers = new Map<string, Script>()
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const serverUrl = `${origin}/mcp`

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const one = await receive(request)
    received.push(one)
    const script: Script = answers.get(one.path) ?? (() => ({ status: 404 }))
    const reply = await script(one)
    if (reply.cut) return void response.destroy()
    const isText = typeof reply.body === 'string'
    const type = isText ? 'text/html' : 'application/json'
    response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers })
    response.end(isText || reply.body === undefined ? reply.body : JSON.stringify(reply.body))
  }

  const metadata = (changes = {}) => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    revocation_endpoint: `${origin}/revoke`,
    response_types_supported: ['code'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...changes,
  })
  const resourceMetadata = (changes = {}) => ({
    resource: serverUrl,
    authorization_servers: [origin],
    scopes_supported: ['files:read'],
    ...changes,
  })
  goodAnswers(answers, origin, metadata, resourceMetadata)

  return {
    origin,
    serverUrl,
    answers,
    received,
    to: (path) => received.filter((one) => one.path === path),
    metadata,
    resourceMetadata,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function goodAnswers(
  answers: Map<string, Script>,
  origin: string,
  metadata: () => Record<string, unknown>,
  resourceMetadata: () => Record<string, unknown>,
): void {
  let issued = 0
  const revoked = new Set<string | null>()
  const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`
  answers.set('/mcp', () => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer resource_metadata="${resourceMetadataUrl}"` },
  }))
  answers.set('/.well-known/oauth-protected-resource/mcp', () => ({ body: resourceMetadata() }))
  answers.set('/.well-known/oauth-authorization-server', () => ({ body: metadata() }))
  answers.set('/register', ({ json }) => ({
    status: 201,
    body: { ...(json as object), client_id: `client-${++issued}` },
  }))
  answers.set('/token', ({ form }) => {
    if (revoked.has(form.get('refresh_token')))
      return { status: 400, body: { error: 'invalid_grant' } }
    return {
      body: {
        access_token: `access-token-${++issued}`,
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: `refresh-token-${issued}`,
      },
    }
  })
  answers.set('/revoke', ({ form }) => {
    revoked.add(form.get('token'))
    return { status: 200 }
  })
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const isJson = request.headers['content-type']?.startsWith('application/json') ?? false
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    form: new URLSearchParams(isJson ? '' : text),
    json: isJson ? (JSON.parse(text) as unknown) : null,
  }
}
