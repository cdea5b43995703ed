import { type ErrorCode, toWarderError } from '../errors.ts'
import { errorResponse } from './envelope.ts'

/** JSON-RPC 2.0 §5.1. */
const PARSE_ERROR = -32700
const INVALID_REQUEST = -32600
const METHOD_NOT_FOUND = -32601

/** Of the range that JSON-RPC leaves to implementations and MCP does not use: Warder said no, `data.code` says why. */
const REFUSED = -32050

const SPECIAL: Partial<Record<ErrorCode, number>> = {
  'bridge.malformed': INVALID_REQUEST,
  'bridge.too_large': INVALID_REQUEST,
  'bridge.not_opened': INVALID_REQUEST,
  'bridge.era_unsupported': METHOD_NOT_FOUND,
}

/**
 * Any error as the JSON-RPC error that a client gets: the sentence, and the stable code under `data.code`.
 *
 * @param idText the id as the client wrote it, `null` where it could not be read
 * @param mend where a person mends it, and the sentence that says so
 */
export function refusal(
  idText: string,
  error: unknown,
  mend?: { readonly link: string | null; readonly message: string },
): string {
  const { code, message } = toWarderError(error)
  const number =
    code === 'bridge.malformed' && idText === 'null' ? PARSE_ERROR : (SPECIAL[code] ?? REFUSED)
  if (mend === undefined) return errorResponse(idText, number, message, { code })
  return errorResponse(idText, number, mend.message, { code, link: mend.link })
}
