import { isWarderError } from '../../errors.ts'
import type { NotificationMessage, RequestMessage } from '../envelope.ts'
import { type JsonNode, readJson, type Span, splice } from '../json-scan.ts'

/**
 * Each server numbers what it asks the client by itself. Towards a client that has several of them, its ids and progress
 * tokens carry the branch that they came from, so that two never meet and every answer finds its way back.
 */

/** A request of a server, as the client gets it. */
export function labelled(message: RequestMessage, key: string): string {
  const token = message.params?.member('_meta')?.member('progressToken')
  const { start, end } = message.idSpan
  return splice(message.text, [
    { start, end, text: label(key, message.id) },
    ...(token === undefined ? [] : [edit(token, label(key, token.raw))]),
  ])
}

/** The word of a server that it no longer waits for the answer to one of its requests. */
export function labelledCancel(message: NotificationMessage, key: string): string {
  const id = message.params?.member('requestId')
  return id === undefined ? message.text : splice(message.text, [edit(id, label(key, id.raw))])
}

export const label = (key: string, raw: string) => JSON.stringify(`${key}/${raw}`)

/**
 * What a label says; the client wrote it, so it may say anything.
 *
 * @param raw a JSON value
 * @returns the branch and the server's own id or token, as it wrote it; null for what is no label
 */
export function readLabel(raw: string): { readonly key: string; readonly own: string } | null {
  const text = read(raw)?.string() ?? ''
  const at = text.indexOf('/')
  const own = text.slice(at + 1)
  const kind = at < 0 ? undefined : read(own)?.kind
  return kind === 'string' || kind === 'number' ? { key: text.slice(0, at), own } : null
}

/** Progress of the client about a request of a server: which branch it is for, and how that gets it. */
export function unlabelledProgress(
  message: NotificationMessage,
): { readonly key: string; readonly text: string } | null {
  const token = message.params?.member('progressToken')
  const read = token === undefined ? null : readLabel(token.raw)
  if (token === undefined || read === null) return null
  return { key: read.key, text: splice(message.text, [edit(token, read.own)]) }
}

/** @returns null for what is not JSON */
function read(raw: string): JsonNode | null {
  try {
    return readJson(raw)
  } catch (error) {
    if (isWarderError(error, 'bridge.malformed')) return null
    throw error
  }
}

const edit = ({ start, end }: Span, text: string) => ({ start, end, text })
