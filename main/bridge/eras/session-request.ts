import type { RequestMessage } from '../envelope.ts'
import { type Edit, removals } from '../json-edit.ts'
import { splice } from '../json-scan.ts'
import { META } from './claim.ts'

/** Members that a server with sessions does not know, or knows as something else. */
const OF_META: ReadonlySet<string> = new Set(
  ['protocolVersion', 'clientInfo', 'clientCapabilities', 'logLevel'].map((name) => META + name),
)
const OF_PARAMS: ReadonlySet<string> = new Set(['inputResponses', 'requestState'])

/**
 * A request that stood alone as one of a session: its own words without what made it stand alone, since a server of
 * both eras would take it for a request of the other.
 *
 * @param progressToken in the place of the client's, which is only unique among its own requests
 */
export function inSession({ text, params }: RequestMessage, progressToken: string): string {
  const meta = params?.member('_meta')
  const edits: Edit[] = []
  if (params !== undefined) edits.push(...removals(text, params, OF_PARAMS))
  if (meta?.kind === 'object') edits.push(...removals(text, meta, OF_META))
  const token = meta?.member('progressToken')
  if (token !== undefined) edits.push({ start: token.start, end: token.end, text: progressToken })
  return splice(text, edits)
}
