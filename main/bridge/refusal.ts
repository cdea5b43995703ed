import { type ErrorCode, toWarderError } from '../errors.ts'
import { errorResponse } from './envelope.ts'

/** JSON-RPC 2.0 §5.1. */
const PARSE_ERROR = -32700
const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601

/** Of the range that JSON-RPC leaves to implementations and MCP does not use: Warder said no, `data.code` says why. */
const REFUSED = -32050

const SPECIAL: Partial<Record<ErrorCode, number>> = {
  'bridge.malformed': INVALID_REQUEST,
  'bridge.too_large': INVALID_REQUEST,
  'bridge.not_opened': INVALID_REQUEST,
  'bridge.era_unsupported': METHOD_NOT_FOUND,
  'bridge.not_offered': METHOD_NOT_FOUND,
}

/** MCP 2025-11-25, Elicitation: a person has to visit a URL before the request can be made again. */
const URL_ELICITATION_REQUIRED = -32042

export interface Mend {
  /** Where a person mends it; null where that has no address. */
  readonly link: string | null
  /** The sentence that says so. */
  readonly message: string
  /** For clients that show their person such a link. */
  readonly elicitations?: readonly UrlElicitation[]
}

export interface UrlElicitation {
  readonly mode: 'url'
  readonly elicitationId: string
  readonly url: string
  readonly message: string
}

/**
 * Any error as the JSON-RPC error that a client gets: the sentence, and the stable code under `data.code`.
 *
 * @param idText the id as the client wrote it, `null` where it could not be read
 */
export function refusal(idText: string, error: unknown, mend?: Mend): string {
  const { code, message } = toWarderError(error)
  const number =
    code === 'bridge.malformed' && idText === 'null' ? PARSE_ERROR : (SPECIAL[code] ?? REFUSED)
  if (mend === undefined) return errorResponse(idText, number, message, { code })
  const { message: sentence, ...where } = mend
  const elicits = mend.elicitations !== undefined
  return errorResponse(idText, elicits ? URL_ELICITATION_REQUIRED : number, sentence, {
    code,
    ...where,
  })
}
