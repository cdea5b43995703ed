import { appendFileSync } from 'node:fs'

/**
 * One tool, `count`, which writes its key into a file that is only ever appended to, in either era. It imports nothing but
 * Node, so that many of them start at once.
 */

export type Era = 'session' | 'stateless'

export interface Request {
  readonly id?: number | string
  readonly method?: string
  readonly params?: {
    readonly protocolVersion?: string
    readonly arguments?: { readonly key?: string }
  }
}

const tools = [
  {
    name: 'count',
    description: 'Writes its key down',
    inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
  },
]

/** @returns null for a notification */
export function answerOf(request: Request, file: string, era: Era): string | null {
  const { id } = request
  if (id === undefined || request.method === undefined) return null
  const result = resultOf(request, file, era)
  const error = { code: -32601, message: 'Method not found' }
  return JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) })
}

function resultOf({ method, params }: Request, file: string, era: Era): object | undefined {
  const stateless = era === 'stateless'
  const complete = stateless ? { resultType: 'complete' } : {}
  const kept = stateless ? { ttlMs: 0, cacheScope: 'private' } : {}
  const capabilities = { tools: {} }
  switch (method) {
    case 'initialize':
      if (stateless) return undefined
      return {
        protocolVersion: params?.protocolVersion,
        capabilities,
        serverInfo: { name: 'counter', version: '1' },
      }
    case 'server/discover':
      if (!stateless) return undefined
      return { ...complete, ...kept, supportedVersions: ['2026-07-28'], capabilities }
    case 'ping':
      return stateless ? undefined : {}
    case 'tools/list':
      return { ...complete, ...kept, tools }
    case 'tools/call': {
      const { key = '' } = params?.arguments ?? {}
      // Before the answer: who was answered finds its key here.
      appendFileSync(file, `${key}\n`)
      return { ...complete, content: [{ type: 'text', text: key }] }
    }
    default:
      return undefined
  }
}
