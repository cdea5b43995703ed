import { WarderError } from '../../errors.ts'
import type { RequestMessage } from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import type { HeaderParameter } from './tool-headers.ts'

/** What of a request is repeated in headers (MCP 2026-07-28, Streamable HTTP, Request Metadata), names in lower case. */
export function mirroredHeaders(
  { method, params }: RequestMessage,
  revision: string,
  mirrored: readonly HeaderParameter[],
): Record<string, string> {
  // A method has no encoding of its own, so one that no header can hold goes nowhere.
  if (!PLAIN.test(method)) throw unfit('its method cannot stand in a header')
  const name = NAMED[method] && params?.member(NAMED[method])?.string()
  return {
    'mcp-protocol-version': revision,
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': headerValue(name) }),
    ...(method === 'tools/call' ? parameterHeaders(params?.member('arguments'), mirrored) : {}),
  }
}

/** § Value Encoding: anything but plain text goes as base64, and so does what looks like it. */
export function headerValue(value: string): string {
  const plain = value === '' || (PLAIN.test(value) && !/^=\?base64\?.*\?=$/.test(value))
  return plain ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`
}

/** The member of `params` that `Mcp-Name` repeats. */
export const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/** Visible ASCII with spaces inside. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

function parameterHeaders(
  given: JsonNode | undefined,
  mirrored: readonly HeaderParameter[],
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const { header, path } of mirrored) {
    const text = headerText(path.reduce((node, step) => node?.member(step), given))
    if (text !== null) headers[`mcp-param-${header}`] = headerValue(text)
  }
  return headers
}

/**
 * @returns null for what has no header: nothing, null, and what is no primitive
 * @throws WarderError `bridge.malformed`
 */
export function headerText(node: JsonNode | undefined): string | null {
  switch (node?.kind) {
    case 'string':
      return node.string() ?? refuse()
    case 'boolean':
      return node.raw
    case 'number': {
      const number = node.number()
      return Number.isSafeInteger(number) ? BigInt(number ?? 0).toString() : refuse()
    }
    default:
      return null
  }
}

function refuse(): never {
  throw unfit('an argument that the server wants in a header is neither text nor a safe integer')
}

const unfit = (reason: string) =>
  new WarderError('bridge.malformed', `The message is refused: ${reason}.`, { details: { reason } })
