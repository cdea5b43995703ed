/**
 * As much of a JSON-RPC message as the shim has to know: whose answer it is, what is asked for. Bytes in, spans out; no
 * value is parsed, so a message of megabytes costs one pass and no copy.
 */

/** A stretch of a message in bytes; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

const quote = 0x22
const backslash = 0x5c
const openObject = 0x7b
const closeObject = 0x7d
const openArray = 0x5b
const closeArray = 0x5d
const comma = 0x2c
const colon = 0x3a

/**
 * Where the value of each member of an object is. Of a name that is there twice the last one counts; the companion
 * refuses such a message.
 *
 * @param from where the object is to begin, after white space
 * @returns null where there is no object, or none that ends
 */
export function membersOf(bytes: Buffer, from = 0): Map<string, Span> | null {
  const members = new Map<string, Span>()
  let at = afterSpace(bytes, from)
  if (bytes[at] !== openObject) return null
  at = afterSpace(bytes, at + 1)
  if (bytes[at] === closeObject) return members
  for (;;) {
    if (bytes[at] !== quote) return null
    const nameEnd = afterString(bytes, at)
    const name = nameEnd === -1 ? null : stringOf(bytes, { start: at, end: nameEnd })
    if (name === null) return null
    at = afterSpace(bytes, nameEnd)
    if (bytes[at] !== colon) return null
    const start = afterSpace(bytes, at + 1)
    const end = afterValue(bytes, start)
    if (end === -1) return null
    members.set(name, { start, end })
    at = afterSpace(bytes, end)
    if (bytes[at] === closeObject) return members
    if (bytes[at] !== comma) return null
    at = afterSpace(bytes, at + 1)
  }
}

/** The value exactly as it was written; the companion repeats an id in the same spelling. */
export const rawOf = (bytes: Buffer, { start, end }: Span) => bytes.toString('utf8', start, end)

/** @returns null for what is no string */
export function stringOf(bytes: Buffer, span: Span): string | null {
  try {
    const value: unknown = JSON.parse(rawOf(bytes, span))
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

/** The request that a message answers. */
export interface Answered {
  readonly id: string
  readonly failed: boolean
}

/**
 * Reads what the companion answers. All its answers begin in the same way, with the id before the result, so their
 * length does not matter; a test holds it to that.
 *
 * @returns null for a request or a notification
 */
export function answeredBy(bytes: Buffer): Answered | null {
  if (bytes.subarray(0, usual.length).equals(usual)) {
    const end = afterValue(bytes, usual.length)
    for (const [member, failed] of outcomes)
      if (end !== -1 && bytes.subarray(end, end + member.length).equals(member))
        return { id: rawOf(bytes, { start: usual.length, end }), failed }
  }
  const members = membersOf(bytes)
  const id = members?.get('id')
  if (!members || !id || members.has('method')) return null
  return { id: rawOf(bytes, id), failed: members.has('error') }
}

const usual = Buffer.from('{"jsonrpc":"2.0","id":')
const outcomes = [
  [Buffer.from(',"result":'), false],
  [Buffer.from(',"error":'), true],
] as const

function afterSpace(bytes: Buffer, from: number): number {
  let at = from
  for (; ; at++) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return at
  }
}

/** @returns -1 where it does not end */
function afterString(bytes: Buffer, start: number): number {
  for (let from = start + 1; ; ) {
    const end = bytes.indexOf(quote, from)
    if (end === -1) return -1
    let escapes = 0
    while (end - escapes > from && bytes[end - escapes - 1] === backslash) escapes++
    if (escapes % 2 === 0) return end + 1
    from = end + 1
  }
}

function afterValue(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (first === quote) return afterString(bytes, start)
  if (first === openObject || first === openArray) return afterNested(bytes, start)
  let at = start
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === comma || byte === closeObject || byte === closeArray || byte <= 0x20) break
  }
  return at === start ? -1 : at
}

function afterNested(bytes: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = afterString(bytes, at) - 1
        if (at < 0) return -1
        break
      case openObject:
      case openArray:
        depth++
        break
      case closeObject:
      case closeArray:
        depth--
        if (depth === 0) return at + 1
        break
    }
  }
  return -1
}
