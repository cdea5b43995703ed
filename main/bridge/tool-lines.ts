import { headerParameters } from './eras/tool-headers.ts'
import type { JsonNode } from './json-scan.ts'

const PLAIN_NAME = /^[\p{L}\p{M}\p{N}_.-]{1,128}$/u
/** Most names are such, and two searches less is much at every call. */
const ASCII_NAME = /^[\w.-]{1,128}$/
const LATIN = /\p{Script=Latin}/u
/** Scripts that are written beside Latin letters and do not look like them. */
const NOT_BESIDE_LATIN =
  /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/**
 * Whether a name says which tool it means to a person, a rule and a client alike. The protocol wishes for ASCII letters,
 * digits, `_`, `.` and `-` (MCP 2025-11-25, Tools, Tool Names). Letters of other languages are taken as well, but no other
 * signs (paths, spaces, what cannot be seen), no second spelling of the same name, and no mix of scripts that look alike.
 */
export const isPlainToolName = (name: string) =>
  ASCII_NAME.test(name) ||
  (PLAIN_NAME.test(name) &&
    name.normalize('NFKC') === name &&
    !(LATIN.test(name) && NOT_BESIDE_LATIN.test(name)))

/**
 * The lines of a list of tools that a client may see: each named once and plainly, with a schema of its arguments, and
 * with no annotation that a client must refuse (MCP 2026-07-28, `x-mcp-header`).
 */
export function soundTools(lines: readonly JsonNode[]): JsonNode[] {
  const names = lines.map((line) => line.member('name')?.string())
  const times = new Map<string | undefined, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  return lines.filter((line, index) => {
    const name = names[index]
    return (
      name !== undefined &&
      isPlainToolName(name) &&
      times.get(name) === 1 &&
      line.member('inputSchema')?.kind === 'object' &&
      headerParameters(line) !== null
    )
  })
}
