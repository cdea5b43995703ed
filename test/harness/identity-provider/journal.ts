import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Condition, ProviderRequest, ProviderSecret } from './types.ts'

/** How a secret appears in the log of a provider and of a resource server: comparable, never readable. */
export function digest(secret: string): string {
  return `sha256:${createHash('sha256').update(secret).digest('hex')}`
}

const secrets = new Set([
  ...[
    'code',
    'device_code',
    'code_verifier',
    'token',
    'access_token',
    'refresh_token',
    'id_token_hint',
    'id_token',
  ],
  ...['client_secret', 'client_assertion', 'registration_access_token', 'password'],
])

type Entry = { -readonly [K in keyof ProviderRequest]: ProviderRequest[K] }

/** Log and switch in front of a provider. */
export interface Journal {
  readonly requests: readonly ProviderRequest[]
  /** Raw, for {@link IdentityProvider.secrets} alone. */
  readonly secrets: readonly ProviderSecret[]
  setCondition(condition: Condition, paths: readonly string[]): void
  /** Resolves when this many requests to the paths that end so have been written down. */
  arrived(pathEnd: string, count: number): Promise<void>
  /**
   * Reads the body, writes the request down, and applies the condition.
   * @returns the body, or `null` when the request has been answered or cut off
   */
  admit(request: IncomingMessage, response: ServerResponse): Promise<Buffer | null>
}

export function createJournal(): Journal {
  const requests: Entry[] = []
  const collected = new Map<string, ProviderSecret>()
  const collect = (values: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(values))
      if (secrets.has(name) && typeof value === 'string' && value !== '')
        collected.set(`${name} ${value}`, { name, value })
  }
  let current: { condition: Condition; paths: readonly string[] } = {
    condition: 'normal',
    paths: [],
  }
  const changed = createSignal()
  const noted = createSignal()

  const conditionOf = (path: string): Condition =>
    current.paths.length === 0 || current.paths.some((end) => path.endsWith(end))
      ? current.condition
      : 'normal'

  return {
    requests,
    get secrets() {
      return [...collected.values()]
    },
    setCondition(condition, paths) {
      current = { condition, paths }
      changed.give()
    },
    async arrived(pathEnd, count) {
      while (requests.filter(({ path }) => path.endsWith(pathEnd)).length < count)
        await noted.given()
    },
    async admit(request, response) {
      const body = await readAll(request)
      const entry = describe(request, body)
      requests.push(entry)
      for (const part of partsOf(request, body)) collect(part)
      watchAnswer(response, collect)
      noted.give()
      response.once('finish', () => {
        entry.status = response.statusCode
      })
      while (conditionOf(entry.path) === 'hold') await changed.given()
      const condition = conditionOf(entry.path)
      if (condition === 'normal') return body
      if (condition === 'offline') response.destroy()
      else response.writeHead(503, { 'retry-after': '1' }).end()
      return null
    },
  }
}

/** Wakes everybody who waits for the next time. */
function createSignal() {
  let next = Promise.withResolvers<void>()
  return {
    given: () => next.promise,
    give() {
      next.resolve()
      next = Promise.withResolvers()
    },
  }
}

/** Query and body with their values as they came. */
function partsOf(request: IncomingMessage, body: Buffer): Record<string, unknown>[] {
  const { searchParams } = new URL(request.url ?? '/', 'http://provider.invalid')
  const type = request.headers['content-type'] ?? ''
  return [Object.fromEntries(searchParams), members(type, body.toString())]
}

/** Sees the JSON that a provider answers with: both write an answer in one piece. */
function watchAnswer(
  response: ServerResponse,
  collect: (values: Record<string, unknown>) => void,
): void {
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse
  response.end = ((...args: unknown[]) => {
    const [chunk] = args
    if (typeof chunk === 'string' || Buffer.isBuffer(chunk))
      collect(members('application/json', chunk.toString()))
    return end(...args)
  }) as typeof response.end
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function describe(request: IncomingMessage, body: Buffer): Entry {
  const url = new URL(request.url ?? '/', 'http://provider.invalid')
  const [scheme, credential] = (request.headers.authorization ?? '').split(' ', 2)
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: hideSecrets(Object.fromEntries(url.searchParams)) as Record<string, string>,
    body: hideSecrets(members(request.headers['content-type'] ?? '', body.toString())),
    authorization: scheme && credential ? `${scheme} ${digest(credential)}` : null,
    status: null,
  }
}

function members(contentType: string, body: string): Record<string, unknown> {
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body))
  if (!contentType.startsWith('application/json')) return {}
  try {
    return Object(JSON.parse(body))
  } catch {
    return {}
  }
}

function hideSecrets(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      secrets.has(name) && typeof value === 'string' ? digest(value) : value,
    ]),
  )
}
