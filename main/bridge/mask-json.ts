import type { Mask } from '../audit/mask.ts'
import { WarderError } from '../errors.ts'
import { readJson } from './json-scan.ts'

/** A string or a number of a JSON text: the places where a secret can stand. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs

/**
 * Masks one JSON text so that it stays one: a secret that is written as a number becomes a string.
 *
 * @param text valid JSON
 * @throws WarderError `server.protocol` where the secret is spread over the structure itself and cannot be taken out
 */
export function maskJson(text: string, mask: Mask): ReturnType<Mask> {
  const seen = mask(text)
  if (seen.masked === 0) return seen
  if (isJson(seen.text)) return seen
  let masked = 0
  const result = text.replace(TOKEN, (token) => {
    const part = mask(token)
    masked += part.masked
    if (part.masked === 0) return token
    return isJson(part.text) ? part.text : JSON.stringify(part.text)
  })
  if (mask(result).masked === 0 && isJson(result)) return { text: result, masked }
  throw new WarderError(
    'server.protocol',
    'The server sent a credential in a form that cannot be masked, so its message was withheld.',
  )
}

function isJson(text: string): boolean {
  try {
    readJson(text)
    return true
  } catch {
    return false
  }
}
