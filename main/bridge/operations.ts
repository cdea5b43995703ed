import { isWarderError } from '../errors.ts'
import type { Decision, Operation } from '../policy/decide.ts'
import { isReadableToolName } from '../policy/tool-names.ts'
import { refuseLookAlikes } from './envelope.ts'
import type { JsonNode } from './json-scan.ts'

/** What one client message asks for: the words that rules and audit use. Read from the body alone, never from headers. */
export interface Request {
  /** Null where two readers may read two things in it: nobody can decide about that. */
  readonly operation: Operation | null
  /** Tool or prompt name, or resource URI without query and fragment; null where the method has no target. */
  readonly target: string | null
  /** Names of the arguments, never their values. */
  readonly argumentKeys: readonly string[]
}

/** Methods that open, list or keep a session going, of every revision. */
const SESSION_METHODS = new Set([
  'initialize',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'server/discover',
  'subscriptions/listen',
])

/** An audit line has room for this many argument names. */
const MAX_KEYS = 64

/** A call that comes as a notification, without an id, is one thing to who answers calls and another to who listens. */
export function requestIn(message: {
  readonly kind: 'request' | 'notification'
  readonly method: string
  readonly params: JsonNode | undefined
}): Request {
  const request = requestOf(message.method, message.params)
  const mistaken = message.kind === 'notification' && !message.method.startsWith('notifications/')
  return mistaken ? { ...request, operation: null } : request
}

export function requestOf(method: string, params: JsonNode | undefined): Request {
  const argumentKeys = keysOf(params?.member('arguments'))
  switch (method) {
    case 'tools/call':
      return named('tool', params?.member('name'), argumentKeys)
    case 'prompts/get':
      return named('prompt', params?.member('name'), argumentKeys)
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return named('resource', params?.member('uri'), argumentKeys)
    case 'completion/complete':
      return completion(params)
    default:
      return SESSION_METHODS.has(method)
        ? { operation: { kind: 'session' }, target: null, argumentKeys }
        : { operation: { kind: 'other', name: method }, target: null, argumentKeys }
  }
}

/** A completion is asked for a prompt or a resource template, and belongs to it. */
function completion(params: JsonNode | undefined): Request {
  const reference = params?.member('ref')
  const unreadable = { operation: null, target: null, argumentKeys: [] }
  if (reference === undefined || looksTwoWays(reference, ['type', 'name', 'uri'])) return unreadable
  const argument = params?.member('argument')?.member('name')?.string()
  const keys = argument === undefined ? [] : [argument]
  switch (reference.member('type')?.string()) {
    case 'ref/prompt':
      return named('prompt', reference.member('name'), keys)
    case 'ref/resource':
      return named('resource', reference.member('uri'), keys)
    default:
      return unreadable
  }
}

function named(
  kind: 'tool' | 'resource' | 'prompt',
  node: JsonNode | undefined,
  argumentKeys: readonly string[],
): Request {
  const name = node?.string()
  const target = kind === 'resource' ? (name?.replace(/[?#].*$/s, '') ?? null) : (name ?? null)
  return { operation: operationOn(kind, node), target, argumentKeys }
}

/**
 * A path with `.` or `..` in it names one thing before it is resolved and another thing after, also where a reader has to
 * resolve an escape of it first, or an escape of that.
 */
const DOT_SEGMENT =
  /(?:[/\\]|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){1,2}(?:[/\\?#;]|%(?:25)*(?:2f|5c)|\s*$)/i
/** Some readers leave them out before they read, and join what they parted (WHATWG URL). */
const CONTROL = /\p{Cc}/u

/**
 * What a name or a URI stands for in the rules; a line of a list and a call are read by this same function.
 *
 * @returns null for what is no string (a server may take `["a"]` for `a`), no text, no plain path, or no name of a tool that can be seen
 */
export function operationOn(
  kind: 'tool' | 'resource' | 'prompt',
  node: JsonNode | undefined,
): Operation | null {
  const name = node?.string()
  if (name === undefined) return null
  if (kind === 'resource' && (DOT_SEGMENT.test(name) || CONTROL.test(name))) return null
  if (kind === 'tool' && !isReadableToolName(name)) return null
  return { kind, name }
}

/** What cannot be read in one way only is denied before any rule is asked. */
export function decisionOf(
  { operation }: Pick<Request, 'operation'>,
  decide: (operation: Operation) => Decision,
): Decision {
  return operation === null
    ? { effect: 'deny', rule: 'what it asks for cannot be read in one way only' }
    : decide(operation)
}

/** A message of the server: news of a resource are for those who may read it, all else belongs to the session. */
export function serverRequestOf(method: string, params: JsonNode | undefined): Request {
  return method === 'notifications/resources/updated'
    ? named('resource', params?.member('uri'), [])
    : { operation: { kind: 'session' }, target: null, argumentKeys: [] }
}

/** True for an object with a member that only looks like one of the names, and for what is no object. */
export function looksTwoWays(object: JsonNode, names: readonly string[]): boolean {
  try {
    refuseLookAlikes(object, names)
    return object.kind !== 'object'
  } catch (error) {
    if (isWarderError(error, 'bridge.malformed')) return true
    throw error
  }
}

function keysOf(node: JsonNode | undefined): string[] {
  if (node?.kind !== 'object') return []
  return node.names().slice(0, MAX_KEYS)
}
