import { WarderError } from '../errors.ts'
import { toNetError } from './net-error.ts'

/**
 * Reads a body as UTF-8 text, as it is after decompression, and stops at the limit.
 * @param maxBytes decoded bytes
 * @throws WarderError `net.too_large`, `net.malformed` (not UTF-8), `net.unreachable` (broke off, or too slow)
 */
export async function readTextLimited(response: Response, maxBytes: number): Promise<string> {
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await response.body?.cancel()
    throw tooLarge()
  }
  return decodeUtf8(await readLimited(response, maxBytes))
}

/** The same as bytes. @throws WarderError `net.too_large`, `net.unreachable` */
export async function readBytesLimited(response: Response, maxBytes: number): Promise<Buffer> {
  return Buffer.concat(await readLimited(response, maxBytes))
}

async function readLimited(response: Response, maxBytes: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Leaving the loop early cancels the stream, and with it the connection.
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    throw toNetError(error)
  }
  return chunks
}

function decodeUtf8(chunks: Uint8Array[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw malformed('not UTF-8 text')
  }
}

/**
 * Parses JSON whose nesting was measured first: `JSON.parse` takes any depth, and what works on the value afterwards
 * overflows the stack.
 * @param limits maxDepth: arrays and objects inside one another
 * @throws WarderError `net.too_large`, `net.malformed` (neither quotes the text)
 */
export function parseJsonLimited(text: string, limits: { readonly maxDepth: number }): unknown {
  if (depthOf(text) > limits.maxDepth) throw tooLarge()
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, so it is not even a cause.
    throw malformed('not JSON')
  }
}

const stringOrBracket = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs

/** Deepest nesting of brackets outside strings; text that is not JSON gets a number too, and fails in the parser. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of text.matchAll(stringOrBracket)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth)
    else if (token === ']' || token === '}') depth--
  }
  return deepest
}

const tooLarge = () =>
  new WarderError('net.too_large', 'An answer was larger or deeper than Warder reads.')

const malformed = (what: string) =>
  new WarderError('net.malformed', `An answer was ${what}, which was expected.`)
