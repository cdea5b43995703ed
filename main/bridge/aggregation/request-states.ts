import { type RequestMessage, type ResponseMessage, readMessage } from '../envelope.ts'
import { splice } from '../json-scan.ts'
import { label, readLabel } from './labels.ts'

/**
 * The `requestState` of a question (MCP 2026-07-28, Multi Round-Trip Requests) goes back to the server that gave it. A name
 * leads there by itself; a URI may be another server's by then. The state itself is sealed for its server, so that a label
 * that is not true opens nothing.
 */

/** An answer of this server; its state, where it holds one, says so. */
export function withOwner(text: string, server: string): string {
  if (!text.includes('input_required')) return text
  const { result } = readMessage(text) as ResponseMessage
  const state = result?.member('requestState')
  if (state?.kind !== 'string' || result?.member('resultType')?.string() !== 'input_required')
    return text
  const { start, end } = state
  return splice(text, [{ start, end, text: label(server, state.raw) }])
}

/** A request without the label, and whose the label was: null where it brings no state, or none of ours. */
export function ownerOf(
  message: RequestMessage,
): { readonly server: string; readonly message: RequestMessage } | null {
  const state = message.params?.member('requestState')
  const read = state === undefined ? null : readLabel(state.raw)
  if (state === undefined || read === null) return null
  const { start, end } = state
  const text = splice(message.text, [{ start, end, text: read.own }])
  return { server: read.key, message: readMessage(text) as RequestMessage }
}
