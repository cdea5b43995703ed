import type { ServerResponse } from 'node:http'
import { json, type Remote, type Seen, startRemote } from '../../support/remote.ts'

/** A remote server whose lists the test writes, as text; its tools answer with what they were sent. */
export interface Listing {
  tools?: readonly string[]
  prompts?: readonly string[]
  resources?: readonly string[]
  templates?: readonly string[]
  /** Lines of one page; all of them without it. */
  page?: number
  /** Waited for before an answer. */
  before?: (seen: Seen) => Promise<void> | undefined
  /** Takes the answer over; false: it is the usual one. */
  instead?: (seen: Seen, response: ServerResponse) => boolean
}

const MEMBERS = {
  'tools/list': ['tools', 'tools'],
  'prompts/list': ['prompts', 'prompts'],
  'resources/list': ['resources', 'resources'],
  'resources/templates/list': ['resourceTemplates', 'templates'],
} as const

export function startListing(listing: Listing): Promise<Remote> {
  return startRemote(async (seen, response) => {
    await listing.before?.(seen)
    if (listing.instead?.(seen, response)) return
    const { rpc, id, method, body } = seen
    if (method !== 'POST') return response.writeHead(405).end()
    if (rpc === 'initialize') return json(response, id, opened(listing))
    if (rpc === null || rpc.startsWith('notifications/')) return response.writeHead(202).end()
    if (Object.hasOwn(MEMBERS, rpc))
      return json(response, id, page(listing, rpc as keyof typeof MEMBERS, body))
    return json(response, id, `{"content":[{"type":"text","text":${JSON.stringify(body)}}]}`)
  })
}

function opened({ tools, prompts, resources, templates }: Listing): string {
  const capabilities = {
    ...(tools && { tools: {} }),
    ...(prompts && { prompts: {}, completions: {} }),
    ...((resources ?? templates) && { resources: {} }),
    logging: {},
  }
  return JSON.stringify({
    protocolVersion: '2025-11-25',
    capabilities,
    serverInfo: { name: 'listing', version: '1' },
  })
}

function page(listing: Listing, rpc: keyof typeof MEMBERS, body: string): string {
  const [member, from] = MEMBERS[rpc]
  const lines = listing[from] ?? []
  const at = Number(/"cursor":"at (\d+)"/.exec(body)?.[1] ?? 0)
  const end = at + (listing.page ?? lines.length)
  const next = end < lines.length ? `,"nextCursor":"at ${end}"` : ''
  return `{"${member}":[${lines.slice(at, end).join(',')}]${next}}`
}

export const tool = (name: string) =>
  `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}}`
export const prompt = (name: string) => `{"name":${JSON.stringify(name)}}`
export const resource = (uri: string, name = uri) => JSON.stringify({ uri, name })
export const template = (uriTemplate: string) => JSON.stringify({ uriTemplate, name: 't' })

/** What a tool was sent, from its answer. */
export function sent(answer: Record<string, unknown>): string {
  const { content } = answer.result as { content: { text: string }[] }
  return content[0]?.text ?? ''
}
