import { WarderError } from '../errors.ts'
import { type JsonLimits, type JsonNode, readJson, type Span } from './json-scan.ts'

/**
 * The JSON-RPC 2.0 envelope around every message. It is read strictly and narrowly: whatever another reader could
 * understand differently (a second spelling of `method`, a batch, an unknown member) is refused before any meaning is
 * read, since the decision must be about the message that the other side acts on.
 */

interface MessageText {
  /** The whole message as it came. */
  readonly text: string
}

export interface RequestMessage extends MessageText {
  readonly kind: 'request'
  /** A string or an integer, as the sender wrote it (a string with its quotes): what the answer must repeat. */
  readonly id: string
  readonly idSpan: Span
  readonly method: string
  readonly params: JsonNode | undefined
}

export interface NotificationMessage extends MessageText {
  readonly kind: 'notification'
  readonly method: string
  readonly params: JsonNode | undefined
}

/** Exactly one of `result` and `error` is there. */
export interface ResponseMessage extends MessageText {
  readonly kind: 'response'
  /** As in the request; `null` only in an error about a request whose id its receiver could not read. */
  readonly id: string
  /** Undefined where the message has no id at all. */
  readonly idSpan: Span | undefined
  readonly result: JsonNode | undefined
  readonly error: JsonNode | undefined
  /** Whichever of the two is there. */
  readonly value: JsonNode
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage

const envelopeNames = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'] as const

/** The members of `params` that decide what a message does (MCP 2025-11-25 and 2026-07-28). */
const decisiveNames = [
  '_meta',
  'argument',
  'arguments',
  'capabilities',
  'clientInfo',
  'cursor',
  'inputResponses',
  'level',
  'name',
  'progressToken',
  'protocolVersion',
  'ref',
  'requestId',
  'requestState',
  'task',
  'taskId',
  'uri',
]

/**
 * Reads one message.
 *
 * @throws WarderError `bridge.malformed`; the message names the reason and never quotes the text
 */
export function readMessage(text: string, limits?: JsonLimits): Message {
  const root = readJson(text, limits)
  if (root.kind === 'array') refuse('batches are not part of this protocol')
  if (root.kind !== 'object') refuse('it is not an object')
  const envelope = envelopeOf(root)
  if (envelope.jsonrpc?.string() !== '2.0') refuse('jsonrpc is not "2.0"')
  return envelope.method === undefined ? readResponse(text, envelope) : readCall(text, envelope)
}

/**
 * Refuses an object with a member that only looks like one of the names (`Name`, `ｎａｍｅ`, `argumentſ`): a reader that
 * folds case takes it for the real one, so the two sides would see different messages.
 *
 * @throws WarderError `bridge.malformed`
 */
export function refuseLookAlikes(object: JsonNode, names: readonly string[]): void {
  for (const name of object.names()) refuseLookAlike(name, names)
}

function refuseLookAlike(name: string, names: readonly string[]): void {
  if (!names.includes(name) && names.some((known) => fold(known) === fold(name)))
    refuse('a member only looks like one of the protocol')
}

/** The same message with another id. Nothing but the id's own characters changes. */
export function withId(message: RequestMessage | ResponseMessage, newIdText: string): string {
  if (message.idSpan === undefined) return refuse('it has no id')
  const { start, end } = message.idSpan
  return message.text.slice(0, start) + newIdText + message.text.slice(end)
}

/** @param resultText one JSON value, taken as it is */
export function resultResponse(idText: string, resultText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`
}

/** Tells a server that nobody waits for a request any more (MCP 2025-11-25, Cancellation). @param idText as it knows it */
export const cancelled = (idText: string) =>
  `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${idText}}}`

/** An answer of the server under the client's own id; its result or error reads `valueText`. */
export function answerWith(idText: string, answer: ResponseMessage, valueText: string): string {
  const member = answer.result === undefined ? 'error' : 'result'
  return `{"jsonrpc":"2.0","id":${idText},"${member}":${valueText}}`
}

/**
 * @param idText the request's id as it was written, the word `null` where it could not be read
 * @param code of JSON-RPC 2.0 §5.1 or of MCP
 */
export function errorResponse(
  idText: string,
  code: number,
  message: string,
  data?: unknown,
): string {
  const error = JSON.stringify({ code, message, data })
  return `{"jsonrpc":"2.0","id":${idText},"error":${error}}`
}

/** What a sender wants to hear of progress under, as JSON text (MCP, Progress); null where it wants to hear of none. */
export function progressTokenOf({ params }: RequestMessage | NotificationMessage): string | null {
  const token = params?.member('_meta')?.member('progressToken')
  // Some say so for none.
  return token === undefined || token.kind === 'null' ? null : token.raw
}

/**
 * A JSON text on one line, for the newline framing: HTTP servers may send it with line breaks between the tokens. Inside
 * strings JSON allows none, so the values stay as they are.
 */
export function onOneLine(jsonText: string): string {
  return jsonText.replace(/[\r\n]/g, ' ')
}

/** The members of a message, as they are in it. */
type Envelope = { [name in (typeof envelopeNames)[number]]: JsonNode | undefined }

function envelopeOf(root: JsonNode): Envelope {
  const found: Envelope = {
    jsonrpc: undefined,
    id: undefined,
    method: undefined,
    params: undefined,
    result: undefined,
    error: undefined,
  }
  root.eachMember((name, value) => {
    // Each by itself: to look a name up, V8 looks for it among all that it knows, and this is read of every message.
    switch (name) {
      case 'jsonrpc':
        found.jsonrpc = value
        break
      case 'id':
        found.id = value
        break
      case 'method':
        found.method = value
        break
      case 'params':
        found.params = value
        break
      case 'result':
        found.result = value
        break
      case 'error':
        found.error = value
        break
      default:
        refuseLookAlike(name, envelopeNames)
        refuse('it has a member that JSON-RPC does not know')
    }
  })
  return found
}

function readCall(
  text: string,
  { id, method: named, params, result, error }: Envelope,
): RequestMessage | NotificationMessage {
  if (result !== undefined || error !== undefined) refuse('it is a request and an answer at once')
  const method = named?.string()
  if (method === undefined) return refuse('method is not a string')
  if (params !== undefined) checkParams(params)
  return id === undefined
    ? { kind: 'notification', text, method, params }
    : { kind: 'request', text, id: readId(id), idSpan: id, method, params }
}

function readResponse(text: string, { id, params, result, error }: Envelope): ResponseMessage {
  if (params !== undefined) refuse('it has params and no method')
  const value = result ?? error
  if (value === undefined || (result !== undefined && error !== undefined))
    return refuse('it has neither method nor exactly one of result and error')
  if (error !== undefined && (id === undefined || id.kind === 'null'))
    return { kind: 'response', text, id: 'null', idSpan: id, result, error, value }
  if (id === undefined) return refuse('an answer has no id')
  return { kind: 'response', text, id: readId(id), idSpan: id, result, error, value }
}

function checkParams(params: JsonNode): void {
  if (params.kind !== 'object') refuse('params is not an object')
  refuseLookAlikes(params, decisiveNames)
}

/** MCP narrows JSON-RPC: an id is a string or an integer and never null. */
function readId(id: JsonNode): string {
  const readable = id.string() !== undefined || (id.kind === 'number' && /^-?\d+$/.test(id.raw))
  return readable ? id.raw : refuse('id is neither a string nor an integer')
}

/** One form for all spellings that case folding or Unicode compatibility takes for the same. */
function fold(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

function refuse(reason: string): never {
  throw new WarderError('bridge.malformed', `The message is refused: ${reason}.`, {
    details: { reason },
  })
}
