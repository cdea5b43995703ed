import { formats } from './formats/index.ts'
import type { FormatName, WiringClient } from './types.ts'

/**
 * What a change does to a file, as a unified diff. Lines around it, and lines that only get a comma, belong to other
 * servers and may hold their secrets: of those, values are shown as `…`. What is ours is shown as it is written.
 */
export function unifiedDiff(options: {
  readonly client: WiringClient
  readonly file: string
  /** Null where there is no file. */
  readonly before: string | null
  readonly after: string | null
  /** What Warder has, or writes, in the file. */
  readonly own: { readonly name: string; readonly entry: Record<string, unknown> }
}): string[] {
  const { client, file, before, after } = options
  if (before === after) return []
  const own = ownText(options)
  const [old, now] = [linesOf(before), linesOf(after)]
  const shorter = Math.min(old.length, now.length)
  let start = 0
  while (start < shorter && old[start] === now[start]) start++
  let end = 0
  while (end < shorter - start && old.at(-1 - end) === now.at(-1 - end)) end++

  const from = Math.max(0, start - CONTEXT)
  const tail = Math.min(end, CONTEXT)
  const show = (sign: string) => (line: string) => `${sign}${shown(line, client.format, own)}`
  const hunk = [
    ...old.slice(from, start).map(show(' ')),
    ...old.slice(start, old.length - end).map(show('-')),
    ...now.slice(start, now.length - end).map(show('+')),
    ...old.slice(old.length - end, old.length - end + tail).map(show(' ')),
  ]
  const range = (lines: readonly string[]) => {
    const length = lines.length - end + tail - from
    return `${length === 0 ? from : from + 1},${length}`
  }
  return [
    `--- ${before === null ? '/dev/null' : file}`,
    `+++ ${after === null ? '/dev/null' : file}`,
    `@@ -${range(old)} +${range(now)} @@`,
    ...hunk,
  ]
}

const CONTEXT = 3

/** With what ends them, since a line that gets another end has changed. */
const linesOf = (text: string | null): string[] => text?.match(/[^\n]*\n|[^\n]+$/g) ?? []

interface OwnText {
  readonly lines: ReadonlySet<string>
  /** As it stands in a file that is one long line. */
  readonly compact: readonly string[]
}

function ownText({
  client,
  own: { name, entry },
}: Pick<Parameters<typeof unifiedDiff>[0], 'client' | 'own'>): OwnText {
  const format = formats[client.format]
  const at = [...client.servers, name]
  return {
    lines: new Set(format.put('', at, entry).split('\n').map(bare)),
    compact: oneLine[client.format](client.servers[0] ?? '').map(([start, end]) => {
      const line = format.put(`${start}${end}`, at, entry)
      return line.slice(start.length, line.length - end.length).trim()
    }),
  }
}

/** Empty lists of servers on one line, in each way in which an entry is put in; parted where it comes. */
const oneLine: Readonly<
  Record<FormatName, (servers: string) => readonly (readonly [start: string, end: string])[]>
> = {
  json: jsonLines,
  jsonc: jsonLines,
  toml: (servers) => [[`${servers} = {`, '}']],
  yaml: (servers) => [[`${servers}: {`, '}']],
}

function jsonLines(servers: string): (readonly [string, string])[] {
  return [
    [`{"${servers}":{`, '}}'],
    [`{"${servers}": {`, '}}'],
  ]
}

const bare = (line: string) => line.trim().replace(/,$/, '')

function shown(line: string, format: FormatName, own: OwnText): string {
  const text = line.replace(/\r?\n$/, '').replace(/^\uFEFF/, '')
  if (own.lines.has(bare(text))) return text
  const mine = own.compact.find((entry) => text.includes(entry))
  if (mine === undefined) return masks[format](text)
  const at = text.indexOf(mine)
  return `${masks[format](text.slice(0, at))}${mine}${masks[format](text.slice(at + mine.length))}`
}

const masks: Readonly<Record<FormatName, (line: string) => string>> = {
  json: maskJson,
  jsonc: maskJson,
  toml: (line) => maskBy(line, /^\s*\[+[\w\s.-]*\]+|^\s*[\w.-]+\s*=/),
  yaml: (line) => maskBy(line, /^\s*(?:- )?[\w.-]+:(?=\s|$)/),
}

/** Names and brackets stay. Whatever is not understood, as in the middle of a comment, is not shown at all. */
function maskJson(line: string): string {
  const known =
    /\s+|[{}[\],:]|"(?:[^"\\]|\\.)*"|\/\/.*$|\/\*.*?\*\/|true|false|null|-?\d[\d.eE+-]*/y
  let masked = ''
  for (let at = 0; at < line.length; at = known.lastIndex) {
    known.lastIndex = at
    const [token] = known.exec(line) ?? []
    if (token === undefined) return `${masked}…`
    const isName = token.startsWith('"') && /^\s*:/.test(line.slice(known.lastIndex))
    const isPlain = isName || /^(?:\s+|[{}[\],:]|true|false|null)$/.test(token)
    masked += isPlain ? token : maskedToken(token)
  }
  return masked
}

function maskedToken(token: string): string {
  if (token.startsWith('"')) return '"…"'
  if (token.startsWith('//')) return '// …'
  return token.startsWith('/*') ? '/* … */' : '…'
}

/** What the pattern takes is a name or a header; the rest is a value or a comment. */
function maskBy(line: string, structure: RegExp): string {
  if (line.trim() === '') return line
  const [kept] = structure.exec(line) ?? []
  if (kept === undefined) return /^\s*#/.test(line) ? '# …' : '…'
  return line.slice(kept.length).trim() === '' ? kept : `${kept} …`
}
