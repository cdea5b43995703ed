import type { IncomingHttpHeaders } from 'node:http'
import type { RequestMessage } from '../envelope.ts'
import { headerText, NAMED } from '../eras/mirrored-headers.ts'
import type { HeaderParameter } from '../eras/tool-headers.ts'
import type { JsonNode } from '../json-scan.ts'

/**
 * Whether the headers of a request repeat its body (MCP 2026-07-28, Streamable HTTP, Server Validation). They are looked
 * at for this alone: what is decided and forwarded is the body.
 *
 * @param mirrored the arguments that its tool wants in headers; headers for others mean nothing here
 * @returns what is wrong, in words that quote no value; null where all is right
 */
export function mirrorFault(
  { method, params }: RequestMessage,
  headers: IncomingHttpHeaders,
  mirrored: readonly HeaderParameter[],
): string | null {
  if (headers['mcp-protocol-version'] === undefined) return 'there is no MCP-Protocol-Version'
  if (headers['mcp-method'] === undefined) return 'there is no Mcp-Method'
  if (headers['mcp-method'] !== method) return 'Mcp-Method is not the method of the body'
  const member = Object.hasOwn(NAMED, method) ? NAMED[method] : undefined
  if (member !== undefined) {
    const fault = differs(headers['mcp-name'], params?.member(member)?.string() ?? null, isSame)
    if (fault !== null) return `Mcp-Name ${fault}`
  }
  if (method !== 'tools/call') return null
  for (const { header, path } of mirrored) {
    const given = path.reduce<JsonNode | undefined>(
      (node, step) => node?.member(step),
      params?.member('arguments'),
    )
    const isAsInBody = given?.kind === 'number' ? isSameNumber : isSame
    const fault = differs(headers[`mcp-param-${header}`], headerText(given), isAsInBody)
    if (fault !== null) return `Mcp-Param-${header} ${fault}`
  }
  return null
}

function differs(
  header: string | string[] | undefined,
  body: string | null,
  isAsInBody: (header: string, body: string) => boolean,
): string | null {
  if (header === undefined) return body === null ? null : 'is missing'
  const value = decoded([header].flat().join(', '))
  if (value === null) return 'holds characters that no header may hold'
  return body !== null && isAsInBody(value, body) ? null : 'is not what the body says'
}

const isSame = (header: string, body: string) => header === body
/** § Server Validation: `42.0` is `42`. */
const isSameNumber = (header: string, body: string) =>
  /^-?\d+(?:\.\d+)?$/.test(header) && Number(header) === Number(body)

/** § Value Encoding. @returns null for what is neither plain text nor the base64 of a text */
export function decoded(value: string): string | null {
  if (!/^[\t\x20-\x7e]*$/.test(value)) return null
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1]
  if (encoded === undefined) return value
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
