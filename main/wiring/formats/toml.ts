import { type AST, getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import type { Format } from '../types.ts'
import { besideMark, cut, lineBreak, lineEnd, lineStart, nextLine } from './text.ts'

export const toml: Format = {
  parse(text) {
    try {
      return getStaticTOMLValue(treeOf(text.replace(/^\uFEFF/, '')))
    } catch {
      throw new SyntaxError('not TOML')
    }
  },
  put: (text, at, value) =>
    besideMark(text, (rest) => append(holds(rest, at) ? remove(rest, at) : rest, at, value)),
  remove: (text, at) => besideMark(text, (rest) => remove(rest, at)),
}

const treeOf = (text: string) => parseTOML(text, { tomlVersion: '1.1' })

type Item = AST.TOMLTable | AST.TOMLKeyValue

function append(text: string, at: readonly string[], value: Record<string, unknown>): string {
  const inline = inlineTable(text, at)
  if (inline !== null) return insertInline(text, inline, at.at(-1) ?? '', value)
  const eol = lineBreak(text)
  const lines = [
    `[${at.map(key).join('.')}]`,
    ...Object.entries(value).map(([name, member]) => `${key(name)} = ${write(member)}`),
  ]
  if (text === '') return lines.map((line) => line + eol).join('')
  // A file whose last line has no end keeps that.
  const complete = text.endsWith('\n')
  return `${text}${complete ? '' : eol}${eol}${lines.join(eol)}${complete ? eol : ''}`
}

/** The innermost parent that is written as `{ … }`, which no header can add to. */
function inlineTable(text: string, at: readonly string[]): AST.TOMLInlineTable | null {
  for (const { path, item } of items(text)) {
    if (item.type !== 'TOMLKeyValue' || item.value.type !== 'TOMLInlineTable') continue
    if (path.length === at.length - 1 && startsWith(at, path)) return item.value
  }
  return null
}

function insertInline(
  text: string,
  table: AST.TOMLInlineTable,
  name: string,
  value: Record<string, unknown>,
): string {
  const members = Object.entries(value).map(([own, member]) => `${key(own)} = ${write(member)}`)
  const entry = `${key(name)} = { ${members.join(', ')} }`
  const last = table.body.at(-1)
  const place = last === undefined ? table.range[0] + 1 : last.range[1]
  return cut(text, place, place, last === undefined ? ` ${entry} ` : `, ${entry}`)
}

function remove(text: string, at: readonly string[]): string {
  const found = items(text).filter(({ path }) => startsWith(path, at))
  // From the end, so that the places of the others hold; what is inside a table that goes, goes with it.
  const outer = found.filter(
    ({ item }) => !found.some((other) => other.item !== item && contains(other.item, item)),
  )
  return outer.toReversed().reduce((rest, { item }) => removeItem(rest, item), text)
}

function removeItem(text: string, item: Item): string {
  const [start, end] = item.range
  if (item.type === 'TOMLKeyValue' && item.parent.type === 'TOMLInlineTable')
    return removeInline(text, item.parent, item)
  const from = lineStart(text, start)
  const to = nextLine(text, Math.max(start, end - 1))
  // The blank line that parted it from what stands before goes too.
  const before = from === 0 ? 0 : lineStart(text, from - 1)
  const blank = from > 0 && text.slice(before, from).trim() === '' && item.type === 'TOMLTable'
  const cutFrom = blank ? before : from
  const rest = cut(text, cutFrom, to)
  // It was the last, and the file's last line had no end.
  return to === text.length && !text.endsWith('\n') && cutFrom > 0
    ? rest.slice(0, lineEnd(rest, lineStart(rest, cutFrom - 1)))
    : rest
}

function removeInline(text: string, table: AST.TOMLInlineTable, item: AST.TOMLKeyValue): string {
  const index = table.body.indexOf(item)
  const [before, after] = [table.body[index - 1], table.body[index + 1]]
  if (before !== undefined) return cut(text, before.range[1], item.range[1])
  return cut(text, item.range[0], after === undefined ? item.range[1] : after.range[0])
}

/** Every table and every member with its full name, those inside of inline tables too; lists of tables aside. */
function items(text: string): { readonly path: readonly string[]; readonly item: Item }[] {
  return treeOf(text).body[0].body.flatMap((node) => itemsOf(node, []))
}

function itemsOf(
  node: AST.TOMLTable | AST.TOMLKeyValue,
  prefix: readonly string[],
): { readonly path: readonly string[]; readonly item: Item }[] {
  if (node.type === 'TOMLTable') {
    if (node.resolvedKey.some((part) => typeof part === 'number')) return []
    const path = node.resolvedKey.map(String)
    return [{ path, item: node }, ...node.body.flatMap((member) => itemsOf(member, path))]
  }
  const path = [...prefix, ...node.key.keys.map(nameOf)]
  const inner = node.value.type === 'TOMLInlineTable' ? node.value.body : []
  return [{ path, item: node }, ...inner.flatMap((member) => itemsOf(member, path))]
}

const nameOf = (part: AST.TOMLBare | AST.TOMLQuoted) =>
  part.type === 'TOMLBare' ? part.name : part.value

const holds = (text: string, at: readonly string[]) =>
  items(text).some(({ path }) => startsWith(path, at))

const startsWith = (path: readonly string[], start: readonly string[]) =>
  start.every((name, index) => path[index] === name)

const contains = (outer: Item, inner: Item) =>
  outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1]

const key = (name: string) => (/^[\w-]+$/.test(name) ? name : write(name))

/** A string of JSON is one of TOML, but for two characters that JSON leaves as they are. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007F', '\\u007F')
  return JSON.stringify(value)
}
