import { MAX_INPUT } from '../control/http.ts'
import { WarderError } from '../errors.ts'

/**
 * What JSON can carry, and no more of it than over HTTP: Electron's copy would let through circles, maps and numbers that
 * the schemas were never held against.
 *
 * @throws WarderError `usage.invalid`
 */
export function plainInput(input: unknown): unknown {
  const text = jsonOf(input)
  if (text === undefined) throw new WarderError('usage.invalid', 'The request is not JSON.')
  if (Buffer.byteLength(text) > MAX_INPUT)
    throw new WarderError('usage.invalid', 'The request is too large.')
  return JSON.parse(text)
}

function jsonOf(input: unknown): string | undefined {
  try {
    return JSON.stringify(input)
  } catch {
    return undefined
  }
}
