import { WarderError } from '../errors.ts'

/**
 * The values of a text in the order they start, three numbers each: start, end, and the index of the entry that follows
 * the value and all it contains. A member's name is an entry of its own just before its value.
 */
export type Tape = readonly number[]
export const entryWidth = 3

export const char = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  f: 0x66,
  n: 0x6e,
  t: 0x74,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const

/** Everything that stands for itself in a string: not a control character, a quote or a backslash. */
const plainPattern = /[ !#-[\]-\uffff]+/y
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/**
 * Checks the grammar (RFC 8259), the uniqueness of names and the limits in one pass, and writes the tape.
 *
 * @throws WarderError `bridge.malformed`
 */
export function writeTape(text: string, maxDepth: number, maxValues: number): Tape {
  try {
    return new Scanner(text, maxDepth, maxValues, scratch).scan()
  } finally {
    if (scratch.length > MOST_SCRATCH) scratch = []
  }
}

/** Where every text is written first: a list that grows is copied again and again, and each of them was more than its tape. */
let scratch: number[] = []
/** What is longer is not written a second time. */
const MOST_SCRATCH = 16 * 1024

/** A class as the nodes are: a dozen closures for each message were a large part of what a call left to be collected. */
class Scanner {
  readonly #text: string
  readonly #maxDepth: number
  readonly #maxValues: number
  readonly #tape: number[]
  #length = 0
  /** Of the objects that are open, one object's after the other's. */
  readonly #names: string[] = []
  #at = 0

  constructor(text: string, maxDepth: number, maxValues: number, tape: number[]) {
    this.#text = text
    this.#tape = tape
    this.#maxDepth = maxDepth
    this.#maxValues = maxValues
  }

  scan(): Tape {
    this.#value(0)
    if (this.#at < this.#text.length) this.#refuse('something follows the JSON value')
    return this.#length > MOST_SCRATCH ? this.#tape : this.#tape.slice(0, this.#length)
  }

  #refuse(reason: string): never {
    throw new WarderError('bridge.malformed', `The message is refused: ${reason}.`, {
      details: { reason, at: this.#at },
    })
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at)
  }

  #space(): void {
    for (;;) {
      const code = this.#code()
      if (
        code !== char.space &&
        code !== char.lineFeed &&
        code !== char.carriageReturn &&
        code !== char.tab
      )
        return
      this.#at += 1
    }
  }

  #pattern(pattern: RegExp, otherwise: string): void {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) this.#refuse(otherwise)
    this.#at = pattern.lastIndex
  }

  #string(): void {
    this.#at += 1
    for (;;) {
      const code = this.#code()
      if (code === char.quote) break
      if (code === char.backslash) this.#pattern(escapePattern, 'a string has an unknown escape')
      else if (code >= char.space) this.#pattern(plainPattern, 'it is not JSON')
      else
        this.#refuse(
          this.#at < this.#text.length
            ? 'a string has a raw control character'
            : 'it ends in a string',
        )
    }
    this.#at += 1
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.#refuse('it is not JSON')
    this.#at += word.length
  }

  /** Puts down where an entry starts; the returned index is for {@link #close}. */
  #open(): number {
    const index = this.#length
    if (index >= this.#maxValues * entryWidth) this.#refuse('it holds too many values')
    this.#length += entryWidth
    this.#tape[index] = this.#at
    this.#tape[index + 1] = this.#at
    this.#tape[index + 2] = 0
    return index
  }

  #close(index: number): void {
    this.#tape[index + 1] = this.#at
    this.#tape[index + 2] = this.#length
  }

  #array(depth: number): void {
    this.#at += 1
    this.#space()
    if (this.#code() !== char.closeArray) {
      for (;;) {
        this.#value(depth)
        if (this.#code() !== char.comma) break
        this.#at += 1
      }
      if (this.#code() !== char.closeArray) this.#refuse('an array is not closed')
    }
    this.#at += 1
  }

  /** @param first where the names of this object begin @param many all of them, where they are not few */
  #name(first: number, many: Set<string> | undefined): Set<string> | undefined {
    this.#space()
    if (this.#code() !== char.quote) this.#refuse('an object has a member without a name')
    const index = this.#open()
    const start = this.#at
    this.#string()
    this.#close(index)
    const name = unquote(this.#text, start, this.#at)
    const isKnown = many?.has(name) ?? this.#names.includes(name, first)
    if (isKnown) this.#refuse('an object has the same name twice')
    this.#space()
    if (this.#code() !== char.colon) this.#refuse('a member has no value')
    this.#at += 1
    if (many !== undefined) return many.add(name)
    return this.#names.push(name) - first > FEW ? new Set(this.#names.slice(first)) : undefined
  }

  #object(depth: number): void {
    this.#at += 1
    this.#space()
    if (this.#code() !== char.closeObject) {
      const first = this.#names.length
      let many: Set<string> | undefined
      for (;;) {
        many = this.#name(first, many)
        this.#value(depth)
        if (this.#code() !== char.comma) break
        this.#at += 1
      }
      while (this.#names.length > first) this.#names.pop()
      if (this.#code() !== char.closeObject) this.#refuse('an object is not closed')
    }
    this.#at += 1
  }

  #deeper(depth: number): number {
    return depth < this.#maxDepth ? depth + 1 : this.#refuse('it is nested too deeply')
  }

  /** Scans a value and the white space around it. */
  #value(depth: number): void {
    this.#space()
    const index = this.#open()
    switch (this.#code()) {
      case char.openObject:
        this.#object(this.#deeper(depth))
        break
      case char.openArray:
        this.#array(this.#deeper(depth))
        break
      case char.quote:
        this.#string()
        break
      case char.t:
        this.#word('true')
        break
      case char.f:
        this.#word('false')
        break
      case char.n:
        this.#word('null')
        break
      default:
        this.#pattern(numberPattern, 'it is not JSON')
    }
    this.#close(index)
    this.#space()
  }
}

/** @returns the string between two quotes with its escapes resolved */
export function unquote(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner
}

/** Looking through so few costs less than a set of them. */
const FEW = 8
