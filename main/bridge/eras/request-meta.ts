import { WarderError } from '../../errors.ts'
import type { RequestMessage } from '../envelope.ts'
import { type JsonNode, type Span, splice } from '../json-scan.ts'
import { MODERN } from './revisions.ts'

/** Who speaks, as each request of the stateless revision says it: JSON texts. */
export interface Speaker {
  readonly info: string
  readonly capabilities: string
  /** The client's last `logging/setLevel`. */
  readonly logLevel: string | null
}

type Edit = Span & { readonly text: string }

/**
 * A request of a session as one that stands alone (MCP 2026-07-28, basic, `_meta`). The client's own bytes stay as they
 * are; the three keys are written into them, over whatever the client put there.
 *
 * @param id the text of the new id
 * @param more further members of `params`, as JSON texts
 * @throws WarderError `bridge.malformed`
 */
export function standAlone(
  { text, idSpan, params }: RequestMessage,
  id: string,
  speaker: Speaker,
  more: Readonly<Record<string, string>> = {},
): string {
  for (const name of ['inputResponses', 'requestState'])
    if (params?.member(name)) throw malformed(`${name} is not part of the session's revision`)
  const meta = {
    [`${PREFIX}protocolVersion`]: JSON.stringify(MODERN),
    [`${PREFIX}clientInfo`]: speaker.info,
    [`${PREFIX}clientCapabilities`]: speaker.capabilities,
    ...(speaker.logLevel === null ? {} : { [`${PREFIX}logLevel`]: speaker.logLevel }),
  }
  const edits: Edit[] = [{ ...spanOf(idSpan), text: id }]
  if (params === undefined) {
    const end = text.lastIndexOf('}')
    const whole = `{${list({ _meta: `{${list(meta)}}`, ...more })}}`
    edits.push({ start: end, end, text: `,"params":${whole}` })
    return splice(text, edits)
  }
  const given = params.member('_meta')
  if (given !== undefined && given.kind !== 'object') throw malformed('_meta is not an object')
  if (given === undefined)
    return splice(text, [...edits, ...add(params, { ...more, _meta: `{${list(meta)}}` })])
  return splice(text, [...edits, ...add(params, more), ...overwrite(given, meta)])
}

const PREFIX = 'io.modelcontextprotocol/'

function overwrite(object: JsonNode, members: Readonly<Record<string, string>>): Edit[] {
  const rest = { ...members }
  const edits: Edit[] = []
  for (const [name, text] of Object.entries(members)) {
    const given = object.member(name)
    if (given === undefined) continue
    edits.push({ ...spanOf(given), text })
    delete rest[name]
  }
  return [...edits, ...add(object, rest)]
}

function add(object: JsonNode, members: Readonly<Record<string, string>>): Edit[] {
  const at = object.start + 1
  const text = list(members)
  if (text === '') return []
  return [{ start: at, end: at, text: object.members().length > 0 ? `${text},` : text }]
}

const list = (members: Readonly<Record<string, string>>) =>
  Object.entries(members)
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join(',')

const spanOf = ({ start, end }: Span): Span => ({ start, end })
const malformed = (reason: string) =>
  new WarderError('bridge.malformed', `The message is refused: ${reason}.`, { details: { reason } })
