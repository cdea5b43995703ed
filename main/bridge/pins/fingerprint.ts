import { createHash } from 'node:crypto'
import type { JsonNode } from '../json-scan.ts'

/** Shown beside a tool's name by some clients, never to a model; its URL may be signed anew with each list. */
const NOT_PINNED = new Set(['icons'])

/**
 * What a tool says of itself, in the one form that is hashed and kept: RFC 8785, but that a number which a double does not
 * hold stays as it was written, so that no two of them become one. Everything counts but the icons: a member that nobody
 * here knows may be read by some client.
 */
export function definitionOf(tool: JsonNode): string {
  return object(tool, ({ name }) => !NOT_PINNED.has(name))
}

/** SHA-256 in lower-case hexadecimal. */
export const fingerprint = (definition: string) =>
  createHash('sha256').update(definition).digest('hex')

function canonical(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return object(node, () => true)
    case 'array':
      return `[${node.elements().map(canonical).join(',')}]`
    case 'string': {
      const string = node.string()
      return string === undefined ? node.raw : JSON.stringify(string)
    }
    case 'number': {
      const number = node.number()
      return number === undefined ? node.raw : JSON.stringify(number)
    }
    default:
      return node.raw
  }
}

function object(node: JsonNode, keeps: (member: { readonly name: string }) => boolean): string {
  const members = node
    .members()
    .filter(keeps)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => `${JSON.stringify(name)}:${canonical(value)}`)
  return `{${members.join(',')}}`
}
