import { WarderError } from '../errors.ts'
import type { ResponseMessage } from './envelope.ts'
import type { JsonKind } from './json-scan.ts'

/** What the members of a tool's result are, where they are there (MCP 2025-11-25, CallToolResult). */
const RESULT: readonly (readonly [name: string, kind: JsonKind])[] = [
  ['content', 'array'],
  ['isError', 'boolean'],
  ['structuredContent', 'object'],
]

/**
 * Refuses an answer of which each client would make something else: an error without a number and a sentence (JSON-RPC
 * 2.0 §5.1), a tool's result whose parts are of another kind than the protocol's.
 *
 * @throws WarderError `server.protocol`
 */
export function checkShape(method: string, { result, error }: ResponseMessage): void {
  if (error !== undefined) {
    const whole = /^-?\d+$/.test(error.member('code')?.raw ?? '')
    if (!whole || error.member('message')?.kind !== 'string')
      throw misshapen('an error without a number or a sentence')
  }
  if (result === undefined) return
  if (result.kind !== 'object') throw misshapen('a result that is no object')
  if (method !== 'tools/call') return
  for (const [name, kind] of RESULT) {
    const found = result.member(name)?.kind
    if (found !== undefined && found !== kind)
      throw misshapen(`a result whose ${name} is not of the protocol`)
  }
}

const misshapen = (what: string) =>
  new WarderError('server.protocol', `The server answered with ${what}.`)
