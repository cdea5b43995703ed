import type { RequestMessage } from '../envelope.ts'
import { type JsonNode, type Span, splice } from '../json-scan.ts'
import { META } from './claim.ts'

type Edit = Span & { readonly text: string }

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
  if (params !== undefined) edits.push(...without(text, params, OF_PARAMS))
  if (meta?.kind === 'object') edits.push(...without(text, meta, OF_META))
  const token = meta?.member('progressToken')
  if (token !== undefined) edits.push({ start: token.start, end: token.end, text: progressToken })
  return splice(text, edits)
}

/** Takes members out with one comma each, so that the object stays one. */
function without(text: string, object: JsonNode, names: ReadonlySet<string>): Edit[] {
  const edits: Edit[] = []
  let before = object.start + 1
  let kept = false
  for (const { name, value } of object.members()) {
    if (names.has(name)) edits.push({ start: before, end: value.end, text: '' })
    else if (!kept) {
      kept = true
      const first = edits.length === 0
      // The comma that stood between it and what is gone.
      if (!first) edits.push({ start: before, end: text.indexOf(',', before) + 1, text: '' })
    }
    before = value.end
  }
  return edits
}
