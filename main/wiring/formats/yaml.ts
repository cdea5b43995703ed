import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'
import type { Format } from '../types.ts'
import { besideMark, cut, lineBreak, lineEnd, lineStart, nextLine } from './text.ts'

export const yaml: Format = {
  parse(text) {
    const content: unknown = documentOf(text.replace(/^\uFEFF/, '')).toJS({ maxAliasCount: 1000 })
    return content ?? {}
  },
  put: (text, at, value) =>
    besideMark(text, (rest) =>
      insert(pairAt(rest, at) === null ? rest : remove(rest, at), at, value),
    ),
  remove: (text, at) => besideMark(text, (rest) => remove(rest, at)),
}

function documentOf(text: string) {
  const document = parseDocument(text, {
    prettyErrors: false,
    version: '1.2',
    // A warning of the library would show keys, and what is pasted may hold a credential there.
    logLevel: 'error',
  })
  // The text of a problem may quote the file.
  if (document.errors.length > 0) throw new SyntaxError('not YAML')
  return document
}

const STEP = '  '

/** @param at the container and the name; containers are one deep in every file that we know */
function insert(
  text: string,
  [container = '', name = '']: readonly string[],
  value: unknown,
): string {
  const eol = lineBreak(text)
  const pair = pairAt(text, [container])
  if (pair === null) {
    const block = [`${container}:`, ...lines(name, value, STEP)]
    if (text === '') return block.map((line) => line + eol).join('')
    const complete = text.endsWith('\n')
    return `${text}${complete ? '' : eol}${block.join(eol)}${complete ? eol : ''}`
  }
  const { value: inner, key } = pair
  const keyRange = rangeOf(key)
  if (isMap(inner) && inner.flow === true) {
    const [start, end] = rangeOf(inner)
    const entry = `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    const empty = inner.items.length === 0
    return cut(text, start + 1, empty ? end - 1 : start + 1, empty ? ` ${entry} ` : ` ${entry},`)
  }
  const first = isMap(inner) ? inner.items[0] : undefined
  if (first !== undefined) {
    const [offset] = rangeOf(first.key)
    const indent = text.slice(lineStart(text, offset), offset)
    const place = nextLine(text, keyRange[1])
    return cut(
      text,
      place,
      place,
      lines(name, value, indent)
        .map((line) => line + eol)
        .join(''),
    )
  }
  if (inner !== null && !(isScalar(inner) && inner.value === null)) return text
  const place = lineEnd(text, keyRange[1])
  return cut(text, place, place, ['', ...lines(name, value, STEP)].join(eol))
}

function remove(text: string, at: readonly string[]): string {
  const pair = pairAt(text, at)
  const parent = pairAt(text, at.slice(0, -1))?.value
  if (pair === null || !isMap(parent)) return text
  if (parent.flow === true) return removeFromFlow(text, parent, pair)
  const [start] = rangeOf(pair.key)
  const from = lineStart(text, start)
  const to = nextLine(text, contentEnd(pair) - 1)
  if (parent.items.length > 1) return endedAs(text, cut(text, from, to))
  // An empty member would be null, and not an object without members.
  const header = pairAt(text, at.slice(0, -1))
  const colon = text.indexOf(':', rangeOf(header?.key)[1]) + 1
  return endedAs(text, cut(cut(text, from, to), colon, colon, ' {}'))
}

const endedAs = (before: string, after: string) =>
  before.endsWith('\n') ? after : after.replace(/\r?\n$/, '')

function removeFromFlow(text: string, { items }: YAMLMap, pair: Pair): string {
  // The map was read apart from the pair.
  const [start] = rangeOf(pair.key)
  const index = items.findIndex(({ key }) => rangeOf(key)[0] === start)
  const [before, after] = [items[index - 1], items[index + 1]]
  if (after !== undefined) return cut(text, start, rangeOf(after.key)[0])
  return cut(text, before === undefined ? start : contentEnd(before), contentEnd(pair))
}

const contentEnd = ({ key, value }: Pair) =>
  Math.max(rangeOf(key)[1], value === null ? 0 : rangeOf(value)[1])

/** The member at a path of names; null where there is none. */
function pairAt(text: string, at: readonly string[]): Pair | null {
  let inner: unknown = documentOf(text).contents
  let found: Pair | null = null
  for (const name of at) {
    if (!isMap(inner)) return null
    found = inner.items.find(({ key }) => isScalar(key) && key.value === name) ?? null
    if (found === null) return null
    inner = found.value
  }
  return found
}

function rangeOf(node: unknown): readonly [start: number, end: number] {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : null
  if (Array.isArray(range)) return [Number(range[0]), Number(range[1])]
  throw new SyntaxError('YAML without a place')
}

/** Strings of JSON are strings of YAML, and so are its lists. */
function lines(name: string, value: unknown, indent: string): string[] {
  const members = Object.entries(value as Record<string, unknown>)
  return [
    `${indent}${/^[a-z][\w-]*$/i.test(name) ? name : JSON.stringify(name)}:`,
    ...members.map(([own, member]) => `${indent}${STEP}${own}: ${JSON.stringify(member)}`),
  ]
}
