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
  const tape: number[] = []
  let at = 0

  const refuse = (reason: string): never => {
    throw new WarderError('bridge.malformed', `The message is refused: ${reason}.`, {
      details: { reason, at },
    })
  }

  const skipSpace = () => {
    for (;;) {
      const code = text.charCodeAt(at)
      if (
        code !== char.space &&
        code !== char.lineFeed &&
        code !== char.carriageReturn &&
        code !== char.tab
      )
        return
      at += 1
    }
  }

  const matchPattern = (pattern: RegExp, otherwise: string) => {
    pattern.lastIndex = at
    if (!pattern.test(text)) refuse(otherwise)
    at = pattern.lastIndex
  }

  const scanString = () => {
    at += 1
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === char.quote) break
      if (code === char.backslash) matchPattern(escapePattern, 'a string has an unknown escape')
      else if (code >= char.space) matchPattern(plainPattern, 'it is not JSON')
      else refuse(at < text.length ? 'a string has a raw control character' : 'it ends in a string')
    }
    at += 1
  }

  const scanWord = (word: string) => {
    if (!text.startsWith(word, at)) refuse('it is not JSON')
    at += word.length
  }

  /** Puts down where an entry starts; the returned index is for {@link close}. */
  const open = (): number => {
    const index = tape.length
    if (index >= maxValues * entryWidth) refuse('it holds too many values')
    tape.push(at, at, 0)
    return index
  }

  const close = (index: number) => {
    tape[index + 1] = at
    tape[index + 2] = tape.length
  }

  const scanArray = (depth: number) => {
    at += 1
    skipSpace()
    if (text.charCodeAt(at) !== char.closeArray) {
      for (;;) {
        scanValue(depth)
        if (text.charCodeAt(at) !== char.comma) break
        at += 1
      }
      if (text.charCodeAt(at) !== char.closeArray) refuse('an array is not closed')
    }
    at += 1
  }

  const scanName = (names: Names) => {
    skipSpace()
    if (text.charCodeAt(at) !== char.quote) refuse('an object has a member without a name')
    const index = open()
    const start = at
    scanString()
    close(index)
    const name = unquote(text, start, at)
    if (!names.add(name)) refuse('an object has the same name twice')
    skipSpace()
    if (text.charCodeAt(at) !== char.colon) refuse('a member has no value')
    at += 1
  }

  const scanObject = (depth: number) => {
    at += 1
    skipSpace()
    if (text.charCodeAt(at) !== char.closeObject) {
      const names = new Names()
      for (;;) {
        scanName(names)
        scanValue(depth)
        if (text.charCodeAt(at) !== char.comma) break
        at += 1
      }
      if (text.charCodeAt(at) !== char.closeObject) refuse('an object is not closed')
    }
    at += 1
  }

  const deeper = (depth: number): number =>
    depth < maxDepth ? depth + 1 : refuse('it is nested too deeply')

  /** Scans a value and the white space around it. */
  const scanValue = (depth: number) => {
    skipSpace()
    const index = open()
    switch (text.charCodeAt(at)) {
      case char.openObject:
        scanObject(deeper(depth))
        break
      case char.openArray:
        scanArray(deeper(depth))
        break
      case char.quote:
        scanString()
        break
      case char.t:
        scanWord('true')
        break
      case char.f:
        scanWord('false')
        break
      case char.n:
        scanWord('null')
        break
      default:
        matchPattern(numberPattern, 'it is not JSON')
    }
    close(index)
    skipSpace()
  }

  scanValue(0)
  if (at < text.length) refuse('something follows the JSON value')
  return tape
}

/** @returns the string between two quotes with its escapes resolved */
export function unquote(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner
}

/** Looking through so few costs less than a set of them. */
const FEW = 8

/** The names of one object. A class as the nodes are: every message has a handful. */
class Names {
  readonly #few: string[] = []
  #all: Set<string> | undefined

  /** @returns false where it is there already */
  add(name: string): boolean {
    if (this.#all === undefined) {
      if (this.#few.includes(name)) return false
      if (this.#few.push(name) > FEW) this.#all = new Set(this.#few)
      return true
    }
    const { size } = this.#all
    return this.#all.add(name).size > size
  }
}
