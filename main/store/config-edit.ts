import {
  createScanner,
  findNodeAtLocation,
  type JSONPath,
  type Node,
  parseTree,
} from 'jsonc-parser'
import { JSON_OPTIONS } from './config-parse.ts'

/**
 * Sets, appends (index -1) or, with undefined, removes one value in a valid JSON text with comments. Every byte that does
 * not belong to the value stays, and a comment stays with what it stands beside; editing libraries drop the comments
 * around what they remove.
 */
export function editJson(text: string, location: JSONPath, value: unknown): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const json = text.slice(mark.length)
  const tree = parseTree(json, [], JSON_OPTIONS)
  if (tree === undefined) return text
  const node = findNodeAtLocation(tree, location)
  if (value === undefined) return node === undefined ? text : mark + remove(json, node)
  if (node !== undefined)
    return (
      mark + splice(json, [{ ...span(node), text: write(json, tree, value, indentAt(json, node)) }])
    )
  return mark + insert(json, tree, location, value)
}

interface Cut {
  readonly start: number
  readonly end: number
  readonly text: string
}

const span = ({ offset, length }: Node) => ({ start: offset, end: offset + length })

function splice(text: string, cuts: readonly Cut[]): string {
  return cuts
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, cut) => rest.slice(0, cut.start) + cut.text + rest.slice(cut.end), text)
}

function remove(json: string, value: Node): string {
  const entry = value.parent?.type === 'property' ? value.parent : value
  const siblings = entry.parent?.children ?? []
  const before = siblings[siblings.indexOf(entry) - 1]
  const { start, end } = span(entry)
  const after = commaAfter(json, end)
  const comma = after ?? (before && commaAfter(json, span(before).end)) ?? end
  const commaCut = comma < end ? { start: comma, end: comma + 1, text: '' } : null
  const last = after === undefined ? end : after + 1
  const own = ownLines(json, start, last)
  // A comment between the value and its comma stays: two cuts then.
  if (after !== undefined && json.slice(end, after).trim() !== '')
    return splice(json, [
      { start, end, text: '' },
      { start: after, end: after + 1, text: '' },
    ])
  return splice(json, [{ ...own, text: '' }, ...(commaCut ? [commaCut] : [])])
}

/** The whole lines where nothing else stands on them, else the span and the blanks that parted it from what follows. */
function ownLines(json: string, start: number, end: number): { start: number; end: number } {
  const before = /[ \t]*$/.exec(json.slice(0, start))?.[0].length ?? 0
  const [after = '', newline] = /^[ \t]*(\r\n|\r|\n)?/.exec(json.slice(end)) ?? []
  const startsLine = start - before === 0 || /[\r\n]/.test(json[start - before - 1] ?? '')
  return startsLine && newline !== undefined
    ? { start: start - before, end: end + after.length }
    : { start, end: newline === undefined ? end + after.length : end }
}

function insert(json: string, tree: Node, location: JSONPath, value: unknown): string {
  // The deepest parent that is there takes the value, wrapped in the parents that are not.
  let depth = location.length - 1
  while (depth > 0 && findNodeAtLocation(tree, location.slice(0, depth)) === undefined) depth--
  const parent = findNodeAtLocation(tree, location.slice(0, depth)) ?? tree
  const wrapped = location
    .slice(depth + 1)
    .reduceRight<unknown>(
      (inner, segment) => (typeof segment === 'number' ? [inner] : { [segment]: inner }),
      value,
    )
  const name = location[depth]
  const last = parent.children?.at(-1)
  const indent =
    last === undefined ? indentAt(json, parent) + stepOf(json, tree) : indentAt(json, last)
  const entry =
    (typeof name === 'number' ? '' : JSON.stringify(name) + (isTight(json, tree) ? ':' : ': ')) +
    write(json, tree, wrapped, indent)
  const eol = lineBreak(json)
  if (last === undefined) {
    const at = parent.offset + 1
    const closing = parent.offset + parent.length - 1
    const outer = indentAt(json, parent)
    const empty = json.slice(at, closing).trim() === ''
    if (isOneLine(json, tree)) return splice(json, [{ start: at, end: at, text: entry }])
    const tail = empty ? eol + outer : ''
    return splice(json, [
      { start: at, end: empty ? closing : at, text: eol + indent + entry + tail },
    ])
  }
  const { end } = span(last)
  const comma = commaAfter(json, end)
  const from = comma === undefined ? end : comma + 1
  const missing = comma === undefined ? [{ start: end, end, text: ',' }] : []
  const rest = restOfLine(json, from)
  // Where the last member has a comma, the new last one gets one too.
  const added = comma === undefined ? entry : `${entry},`
  const placed =
    rest === null
      ? { start: from, end: from, text: isTight(json, tree) ? added : ` ${added}` }
      : { start: from + rest, end: from + rest, text: eol + indent + added }
  // Both at one place: the comma first.
  return placed.start === end && missing.length > 0
    ? splice(json, [{ ...placed, text: `,${placed.text}` }])
    : splice(json, [placed, ...missing])
}

/** Blanks and comments up to the end of the line, in characters; null where something else stands there. */
function restOfLine(json: string, from: number): number | null {
  const rest = /^(?:[ \t]|\/\*(?:(?!\*\/)[^\r\n])*\*\/)*(?:\/\/[^\r\n]*)?(?=[\r\n])/.exec(
    json.slice(from),
  )
  return rest === null ? null : rest[0].trimEnd().length
}

/** @returns the offset of the comma that follows, comments aside */
function commaAfter(json: string, offset: number): number | undefined {
  const scanner = createScanner(json, true)
  scanner.setPosition(offset)
  scanner.scan()
  const token = scanner.getTokenOffset()
  return json[token] === ',' ? token : undefined
}

/** A file that is one line stays one, in the form in which programs write such lines. */
function write(json: string, tree: Node, value: unknown, indent: string): string {
  if (isOneLine(json, tree)) return JSON.stringify(value)
  return JSON.stringify(value, null, stepOf(json, tree)).replaceAll('\n', lineBreak(json) + indent)
}

const isOneLine = (json: string, tree: Node) =>
  (tree.children?.length ?? 0) > 0 &&
  !/[\r\n]/.test(json.slice(tree.offset, tree.offset + tree.length))

/** As programs write a line: without a blank after a colon. */
const isTight = (json: string, tree: Node) => isOneLine(json, tree) && !/":[ \t]/.test(json)

/** By how much the file indents: as far as its first member stands from the margin. */
function stepOf(json: string, tree: Node): string {
  const [first] = tree.children ?? []
  const step = first && /[\r\n]([ \t]+)$/.exec(json.slice(0, first.offset))?.[1]
  return step ?? '  '
}

const lineBreak = (json: string) => /\r\n|\r|\n/.exec(json)?.[0] ?? '\n'

/** The blanks that begin the line on which a node stands. */
function indentAt(json: string, { offset }: Node): string {
  return /(?:^|[\r\n])([ \t]*)[^\r\n]*$/.exec(json.slice(0, offset))?.[1] ?? ''
}
