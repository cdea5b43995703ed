import { answerWith, type ResponseMessage } from '../envelope.ts'
import { withMembers } from '../json-edit.ts'
import { type JsonNode, readJson } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { readServerMessage } from '../upstream/event-stream.ts'
import { INVALID_PARAMS, META } from './claim.ts'
import { codeOf } from './revisions.ts'

/** Results that say for how long they may be kept (MCP 2026-07-28, server/utilities/caching). */
const CACHED: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
])

export const isCached = (method: string) => CACHED.has(method)

/** 2025-11-25, Resources, Error Handling; it has another number since. */
const RESOURCE_NOT_FOUND = -32002

/**
 * An answer of a server with sessions as one of 2026-07-28. The server's own bytes stay; what the revision wants beside
 * them is written over whatever the server put there, since in its own revision it means nothing. What Warder filtered
 * for one client belongs to that client, and rules may change at any time: nothing is kept, nothing is shared.
 *
 * @param info what the server calls itself, as JSON text
 */
export function completed(
  answer: ResponseMessage,
  method: string,
  info: string | null,
): ResponseMessage {
  const { result, error } = answer
  if (error !== undefined)
    return codeOf(answer) === RESOURCE_NOT_FOUND ? renumbered(answer, error) : answer
  if (result?.kind !== 'object') return answer
  const members = {
    resultType: '"complete"',
    ...(isCached(method) ? { ttlMs: '0', cacheScope: '"private"' } : {}),
    ...(info === null ? {} : { _meta: metaWith(result.member('_meta'), info) }),
  }
  return valued(answer, withMembers(result, members))
}

function metaWith(given: JsonNode | undefined, info: string): string {
  const meta = given?.kind === 'object' ? given : readJson('{}')
  return withMembers(meta, { [`${META}serverInfo`]: info })
}

function renumbered(answer: ResponseMessage, error: JsonNode): ResponseMessage {
  return valued(answer, withMembers(error, { code: String(INVALID_PARAMS) }))
}

/** What a result has to say that one client may keep, and for no longer than Warder lets it (§ caching). */
export function ofOne(result: JsonNode): Record<string, string> {
  const given = result.member('ttlMs')
  const ms = given?.number() ?? -1
  const kept = given === undefined || (ms >= 0 && ms <= limits.ttlMs)
  const ttlMs = String(Math.min(Math.max(ms, 0), limits.ttlMs))
  return { cacheScope: '"private"', ...(kept ? {} : { ttlMs }) }
}

/** The same answer with another value. */
export const valued = (answer: ResponseMessage, text: string) =>
  readServerMessage(answerWith(answer.id, answer, text)) as ResponseMessage
