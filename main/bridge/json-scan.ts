import { char, entryWidth, type Tape, unquote, writeTape } from './json-tape.ts'
import { bytesOf } from './kept-text.ts'

/**
 * Reads one JSON text without re-serialising it: every value keeps the span it was written in, so that what was judged
 * can be forwarded byte for byte. Parsing and writing again would alter big integers, `1e400`, `-0` and key order.
 */

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

/** A stretch of a text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface JsonMember {
  /** The name with its escapes resolved. */
  readonly name: string
  readonly value: JsonNode
}

/** One value of a text that was read whole. Asking a value for what it is not (an array for a member) finds nothing. */
export interface JsonNode extends Span {
  readonly kind: JsonKind
  /** The value exactly as it was written. */
  readonly raw: string
  member(name: string): JsonNode | undefined
  members(): JsonMember[]
  /** The same one by one: a list of them, and an object for each, is more than most messages are. */
  eachMember(see: (name: string, value: JsonNode) => void): void
  /** Of the members, in their order. */
  names(): string[]
  elements(): JsonNode[]
  /** @returns undefined also for a string with a lone surrogate: UTF-8 cannot hold it, so two readers may differ */
  string(): string | undefined
  /** @returns undefined also for a number that a double does not hold exactly as written (`1e400`, 2^53 + 1) */
  number(): number | undefined
  boolean(): boolean | undefined
  /** The value as `JSON.parse` gives it, numbers rounded: to look at, never to send on. */
  value(): unknown
  /** What the text that it is of, and what was read of it, hold in memory. Bytes. */
  weight(): number
}

export interface JsonLimits {
  /** How deep objects and arrays may nest; a scalar has depth 0. 128 where nobody says. */
  readonly maxDepth?: number
  /** How many values and member names a text may hold: bounds the memory that one message can take. A million where nobody says. */
  readonly maxValues?: number
}

/**
 * Reads one JSON text strictly (RFC 8259), refusing also what two readers may understand in two ways: an object with
 * the same name twice (after unescaping, so `"\u0061"` is `"a"`).
 *
 * @throws WarderError `bridge.malformed`; the message names the reason and the place and never quotes the text
 */
export function readJson(text: string, limits: JsonLimits = {}): JsonNode {
  const { maxDepth = 128, maxValues = 1_000_000 } = limits
  return nodeAt(text, writeTape(text, maxDepth, maxValues), 0)
}

/** The text with some spans replaced and everything else untouched. Spans must not overlap. */
export function splice(text: string, edits: readonly (Span & { readonly text: string })[]): string {
  let result = ''
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    if (edit.start < at) throw new RangeError('spans overlap')
    result += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return result + text.slice(at)
}

const nodeAt = (text: string, tape: Tape, index: number): JsonNode => new Node(text, tape, index)

/**
 * A class, unlike all else here: every message is a dozen of these, and closures for each of their methods were the larger
 * part of what a call left to be collected.
 */
class Node implements JsonNode {
  readonly #text: string
  readonly #tape: Tape
  readonly #index: number

  constructor(text: string, tape: Tape, index: number) {
    this.#text = text
    this.#tape = tape
    this.#index = index
  }

  get kind(): JsonKind {
    return kindAt(this.#text, this.start)
  }

  get start(): number {
    return this.#tape[this.#index] ?? 0
  }

  get end(): number {
    return this.#tape[this.#index + 1] ?? 0
  }

  get raw(): string {
    return alone(this.#text.slice(this.start, this.end), this.#text)
  }

  member(name: string): JsonNode | undefined {
    if (this.kind !== 'object') return undefined
    const tape = this.#tape
    const next = this.#next()
    for (let at = this.#index + entryWidth; at < next; ) {
      const value = at + entryWidth
      if (isQuoted(this.#text, tape[at] ?? 0, tape[at + 1] ?? 0, name))
        return new Node(this.#text, tape, value)
      at = tape[value + 2] ?? next
    }
    return undefined
  }

  members(): JsonMember[] {
    const found: JsonMember[] = []
    this.eachMember((name, value) => found.push({ name, value }))
    return found
  }

  eachMember(see: (name: string, value: JsonNode) => void): void {
    if (this.kind !== 'object') return
    const next = this.#next()
    for (let at = this.#index + entryWidth; at < next; ) {
      const value = at + entryWidth
      see(this.#nameAt(at), new Node(this.#text, this.#tape, value))
      at = this.#tape[value + 2] ?? next
    }
  }

  names(): string[] {
    const found: string[] = []
    if (this.kind !== 'object') return found
    const next = this.#next()
    for (let at = this.#index + entryWidth; at < next; ) {
      found.push(this.#nameAt(at))
      at = this.#tape[at + entryWidth + 2] ?? next
    }
    return found
  }

  elements(): JsonNode[] {
    const found: JsonNode[] = []
    if (this.kind !== 'array') return found
    const next = this.#next()
    for (let at = this.#index + entryWidth; at < next; at = this.#tape[at + 2] ?? next)
      found.push(new Node(this.#text, this.#tape, at))
    return found
  }

  string(): string | undefined {
    if (this.kind !== 'string') return undefined
    const string = unquote(this.#text, this.start, this.end)
    return string.isWellFormed() ? alone(string, this.#text) : undefined
  }

  number(): number | undefined {
    return this.kind === 'number' ? exactNumber(this.raw) : undefined
  }

  boolean(): boolean | undefined {
    return this.kind === 'boolean' ? this.raw === 'true' : undefined
  }

  value(): unknown {
    return JSON.parse(this.raw)
  }

  weight(): number {
    return bytesOf(this.#text) + this.#tape.length * 8
  }

  #nameAt(at: number): string {
    const name = unquote(this.#text, this.#tape[at] ?? 0, this.#tape[at + 1] ?? 0)
    return alone(name, this.#text)
  }

  #next(): number {
    return this.#tape[this.#index + 2] ?? 0
  }
}

/** V8 makes a part of a text that is longer than this a view of the text, and keeps all of it for as long as the part. */
const VIEW = 12
const SHORT = 4 * 1024
const LONG = 16 * 1024

/** A short part of a long text that does not keep the text: many of them, as names and URIs, are kept for long. */
function alone(part: string, text: string): string {
  if (text.length <= LONG || part.length <= VIEW || part.length > SHORT) return part
  // What is put together is written anew when it is taken apart.
  return ` ${part}`.slice(1)
}

/** Whether the string between two quotes is this one, its escapes resolved. */
function isQuoted(text: string, start: number, end: number, string: string): boolean {
  for (let at = start + 1; at < end - 1; at++)
    if (text.charCodeAt(at) === char.backslash) return unquote(text, start, end) === string
  return end - start - 2 === string.length && text.startsWith(string, start + 1)
}

function kindAt(text: string, start: number): JsonKind {
  switch (text.charCodeAt(start)) {
    case char.openObject:
      return 'object'
    case char.openArray:
      return 'array'
    case char.quote:
      return 'string'
    case char.t:
    case char.f:
      return 'boolean'
    case char.n:
      return 'null'
    default:
      return 'number'
  }
}

/** @returns the number, if writing it out again gives the same decimal value */
function exactNumber(raw: string): number | undefined {
  const number = Number(raw)
  if (!Number.isFinite(number)) return undefined
  return decimal(raw) === decimal(String(number)) ? number : undefined
}

/** One spelling for every decimal of the same absolute value: its significant digits and the power of ten. */
function decimal(written: string): string {
  const [mantissa = '', exponent = '0'] = written.replace(/^-/, '').toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + digits.length - significant.length
  return `${significant}e${power}`
}
