import type { Message, RequestMessage } from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { SESSION_REVISIONS } from '../opening.ts'
import { MODERN, UNSUPPORTED_VERSION } from './revisions.ts'

/** What a request that stands alone says of its sender (MCP 2026-07-28, basic, `_meta`). */
export interface Claim {
  readonly revision: string
  readonly capabilities: JsonNode
  /** Undefined also for one that no server of sessions would take. */
  readonly info: JsonNode | undefined
  /** The least severity of the log messages it wants; null: it wants none. */
  readonly logLevel: string | null
}

/** What is wrong with a message, in the protocol's own numbers. */
export interface ProtocolRefusal {
  readonly code: number
  readonly reason: string
  readonly data?: unknown
}

export const INVALID_PARAMS = -32602
export const META = 'io.modelcontextprotocol/'

/** All that Warder speaks with clients, newest first. */
export const SPOKEN_REVISIONS: readonly string[] = [MODERN, ...SESSION_REVISIONS]

/** RFC 5424 §6.2.1, from the least severe on. */
export const LOG_LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]

/** True for a revision that knows no sessions, also for one that nobody knows. */
export const isStateless = (revision: string) =>
  !(SESSION_REVISIONS as readonly string[]).includes(revision)

/** A message says by itself that it stands alone; what it says of a revision with sessions is a session's affair. */
export function claimsToStandAlone(message: Message): boolean {
  if (message.kind === 'response') return false
  const claimed = message.params?.member('_meta')?.member(`${META}protocolVersion`)
  return claimed !== undefined && isStateless(claimed.string() ?? '')
}

/** Reads the keys that every request has to carry; its revision is judged by {@link unknownRevision}. */
export function claimOf({ params }: RequestMessage): Claim | ProtocolRefusal {
  const meta = params?.member('_meta')
  const revision = meta?.member(`${META}protocolVersion`)?.string()
  const capabilities = meta?.member(`${META}clientCapabilities`)
  const info = meta?.member(`${META}clientInfo`)
  const level = meta?.member(`${META}logLevel`)
  const missing = [
    ...(revision === undefined ? [`${META}protocolVersion`] : []),
    ...(capabilities?.kind === 'object' ? [] : [`${META}clientCapabilities`]),
  ]
  if (revision === undefined || capabilities === undefined || missing.length > 0)
    return invalid(`_meta has no ${missing.join(' and no ')}`)
  // It is kept for as long as the session behind its requests.
  if (lengthOf(capabilities) + lengthOf(info) > limits.openingBytes)
    return invalid('what it says of its sender is longer than Warder takes')
  const logLevel = level?.string() ?? null
  if (level !== undefined && !LOG_LEVELS.includes(logLevel ?? ''))
    return invalid('this log level is not known')
  const named = info?.member('name')?.string() !== undefined
  const versioned = info?.member('version')?.string() !== undefined
  return { revision, capabilities, info: named && versioned ? info : undefined, logLevel }
}

/** MCP 2026-07-28, basic/versioning, Protocol Version Negotiation. */
export function unknownRevision(requested: string): ProtocolRefusal | null {
  if (requested === MODERN) return null
  const data = { supported: SPOKEN_REVISIONS, requested }
  return { code: UNSUPPORTED_VERSION, reason: 'Unsupported protocol version', data }
}

export const isRefusal = (one: Claim | ProtocolRefusal): one is ProtocolRefusal => 'code' in one

const lengthOf = (node: JsonNode | undefined) => (node === undefined ? 0 : node.end - node.start)

const invalid = (reason: string): ProtocolRefusal => ({
  code: INVALID_PARAMS,
  reason: `Invalid params: ${reason}`,
})
