import { readMessage } from '../envelope.ts'
import { splice } from '../json-scan.ts'

/** Every answer that leaves Warder begins like this; only those with an error are read again. */
const ERROR = /^\{"jsonrpc":"2\.0","id":(?:"(?:[^"\\]|\\.)*"|-?\d+|null),"error":/

/** The number of the error that an answer of ours holds; null where it holds none. */
export function errorCodeIn(text: string): number | null {
  return codeNode(text)?.number() ?? null
}

/** The same answer with another number. */
export function withErrorCode(text: string, code: number): string {
  const node = codeNode(text)
  if (node === undefined) return text
  return splice(text, [{ start: node.start, end: node.end, text: String(code) }])
}

function codeNode(text: string) {
  if (!ERROR.test(text)) return undefined
  const message = readMessage(text)
  return message.kind === 'response' ? message.error?.member('code') : undefined
}
