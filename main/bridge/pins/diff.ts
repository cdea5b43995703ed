import { visible } from '../../visible.ts'

/**
 * Two versions of what a tool says of itself, as lines for a person: text line by line, all else by its path, and whatever
 * cannot be seen spelled out. Both are JSON; `before` is null for a tool that is shown for the first time.
 */
export function toolDiff(before: string | null, after: string): string[] {
  const old = before === null ? {} : (JSON.parse(before) as Tool)
  const now = JSON.parse(after) as Tool
  const { title, description, name: _, ...rest } = now
  const { title: oldTitle, description: oldDescription, name: __, ...oldRest } = old
  return [
    ...textDiff('title', oldTitle, title),
    ...textDiff('description', oldDescription, description),
    ...(before === null
      ? Object.entries(rest).flatMap(([name, value]) => [`${visible(name)}:`, ...written(value)])
      : valueDiff([], oldRest, rest)),
  ]
}

type Tool = Readonly<Record<string, unknown>>

function textDiff(name: string, before: unknown, after: unknown): string[] {
  if (before === after) return []
  if (![before, after].every((one) => one === undefined || typeof one === 'string'))
    return valueDiff([name], before, after)
  return [`${name}:`, ...lineDiff(linesOf(before), linesOf(after))]
}

const linesOf = (text: unknown) => (typeof text === 'string' ? text.split(/\r\n|\n|\r/) : [])

/** Above this, everything old and then everything new is as readable. */
const MOST_COMPARED = 250_000

/** `-` what went, `+` what came, two spaces what stayed. */
export function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  const show = (sign: string, line: string) => `${sign} ${visible(line)}`
  if (before.length * after.length > MOST_COMPARED)
    return [...before.map((line) => show('-', line)), ...after.map((line) => show('+', line))]
  const common = longestCommon(before, after)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]]
    if (left !== undefined && left === right) {
      lines.push(show(' ', left))
      i++
      j++
    } else if (left !== undefined && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) {
      lines.push(show('-', left))
      i++
    } else {
      lines.push(show('+', right ?? ''))
      j++
    }
  }
  return lines
}

/** `[i][j]`: how many lines the rest of one from `i` and the rest of the other from `j` have in common, in order. */
function longestCommon(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  )
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const row = table[i]
      if (row === undefined) continue
      row[j] =
        before[i] === after[j]
          ? (table[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0)
    }
  return table
}

function valueDiff(path: readonly string[], before: unknown, after: unknown): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    return names.flatMap((name) => valueDiff([...path, name], own(before, name), own(after, name)))
  }
  const where = visible(path.join('.'))
  if (before === undefined) return [`${where} is new:`, ...written(after)]
  if (after === undefined) return [`${where} is gone:`, ...written(before)]
  const weaker = HINTS[path.join('.')]?.(after) === true ? ', which promises less' : ''
  return [`${where}: ${inline(before)} → ${inline(after)}${weaker}`]
}

/** Whether a hint says of a tool that it may do more than before (MCP 2025-11-25, ToolAnnotations). */
const HINTS: Readonly<Record<string, (now: unknown) => boolean>> = {
  'annotations.readOnlyHint': (now) => now !== true,
  'annotations.destructiveHint': (now) => now !== false,
  'annotations.idempotentHint': (now) => now !== true,
  'annotations.openWorldHint': (now) => now !== false,
}

const isObject = (value: unknown): value is Tool =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A schema may call an argument `constructor`. */
const own = (object: Tool, name: string) => (Object.hasOwn(object, name) ? object[name] : undefined)

const inline = (value: unknown) => visible(JSON.stringify(value) ?? '')

const written = (value: unknown) =>
  (JSON.stringify(value, null, 2) ?? '').split('\n').map((line) => `  ${visible(line)}`)
