import type { Operation } from '../policy/decide.ts'
import type { JsonNode } from './json-scan.ts'

/** What one client message asks for: the words that rules and audit use. Read from the body alone, never from headers. */
export interface Request {
  readonly operation: Operation
  /** Tool or prompt name, or resource URI without query and fragment; null where the method has no target. */
  readonly target: string | null
  /** Names of the arguments, never their values. */
  readonly argumentKeys: readonly string[]
}

/** Methods of the 2025-11-25 revision (and its elders) that open, list or keep a session going. */
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
])

/** An audit line has room for this many argument names. */
const MAX_KEYS = 64

export function requestOf(method: string, params: JsonNode | undefined): Request {
  const argumentKeys = keysOf(params?.member('arguments'))
  switch (method) {
    case 'tools/call':
      return named('tool', params?.member('name')?.string(), argumentKeys)
    case 'prompts/get':
      return named('prompt', params?.member('name')?.string(), argumentKeys)
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return named('resource', params?.member('uri')?.string(), argumentKeys)
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
  const argument = params?.member('argument')?.member('name')?.string()
  const keys = argument === undefined ? [] : [argument]
  switch (reference?.member('type')?.string()) {
    case 'ref/prompt':
      return named('prompt', reference.member('name')?.string(), keys)
    case 'ref/resource':
      return named('resource', reference.member('uri')?.string(), keys)
    default:
      return {
        operation: { kind: 'other', name: 'completion/complete' },
        target: null,
        argumentKeys: keys,
      }
  }
}

function named(
  kind: 'tool' | 'resource' | 'prompt',
  name: string | undefined,
  argumentKeys: readonly string[],
): Request {
  // Without a readable name there is nothing to decide about: an empty name is what no narrow rule allows.
  const target = kind === 'resource' ? (name ?? '').replace(/[?#].*$/s, '') : (name ?? '')
  return { operation: { kind, name: name ?? '' }, target, argumentKeys }
}

function keysOf(node: JsonNode | undefined): string[] {
  if (node?.kind !== 'object') return []
  return node
    .members()
    .slice(0, MAX_KEYS)
    .map((member) => member.name)
}
