import type { World } from './world.ts'

/** A request of 2026-07-28, and its answer. */
export interface Alone {
  readonly status: number
  readonly type: string
  readonly headers: Headers
  /** All messages that came, in order; the answer is the last. */
  readonly messages: Message[]
  readonly answer: Message
}

export interface Message {
  readonly id?: string | number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { code: number; message: string; data?: Record<string, unknown> }
}

export const PREFIX = 'io.modelcontextprotocol/'

export const metaOf = (capabilities: object = {}, more: object = {}) => ({
  [`${PREFIX}protocolVersion`]: '2026-07-28',
  [`${PREFIX}clientInfo`]: { name: 'test', version: '1' },
  [`${PREFIX}clientCapabilities`]: capabilities,
  ...more,
})

export interface Wish {
  id?: string | number
  capabilities?: object
  meta?: object
  /** In the place of what is right; null: not there. */
  headers?: Record<string, string | null>
  bearer?: string
  /** Null: all of them. */
  server?: string | null
  body?: string
  signal?: AbortSignal
}

let ids = 0

export const textOf = (method: string, params: object = {}, wish: Wish = {}) =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: wish.id ?? `alone-${++ids}`,
    method,
    params: { ...params, _meta: wish.meta ?? metaOf(wish.capabilities) },
  })

export async function post(
  world: World,
  method: string,
  params: Record<string, unknown> = {},
  wish: Wish = {},
): Promise<Alone> {
  const response = await begin(world, method, params, wish)
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  const messages = type.startsWith('text/event-stream') ? eventsIn(text) : text ? [text] : []
  const read = messages.map((one) => JSON.parse(one) as Message)
  return {
    status: response.status,
    type,
    headers: response.headers,
    messages: read,
    answer: read.at(-1) ?? {},
  }
}

/** The same as far as the first bytes of its answer. */
export function begin(
  world: World,
  method: string,
  params: Record<string, unknown> = {},
  wish: Wish = {},
): Promise<Response> {
  const name = params.name ?? params.uri
  const headers: Record<string, string | null> = {
    authorization: `Bearer ${wish.bearer ?? world.bearers.one}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    'mcp-name': typeof name === 'string' ? name : null,
    ...wish.headers,
  }
  const route = wish.server === null ? '/mcp' : `/mcp/${wish.server ?? 's'}`
  return fetch(`${world.base}${route}`, {
    method: 'POST',
    headers: Object.entries(headers).flatMap(([key, value]) =>
      value === null ? [] : [[key, value] as [string, string]],
    ),
    body: wish.body ?? textOf(method, params, wish),
    ...(wish.signal === undefined ? {} : { signal: wish.signal }),
  })
}

export const eventsIn = (text: string) =>
  text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
