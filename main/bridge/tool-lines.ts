import { isPlainToolName, isReadableToolName } from '../policy/tool-names.ts'
import { headerParameters } from './eras/tool-headers.ts'
import type { JsonNode } from './json-scan.ts'
import { limits } from './limits.ts'
import { createLook, spelled } from './pins/hidden.ts'
import { textsOf } from './pins/suspicion.ts'

/** Why a tool is withheld. */
export interface Fault {
  /** Continues a sentence that begins with the tool. */
  readonly words: string
  /** No person can mend it by saying yes: a rule, an audit line or a client could not tell what was meant. */
  readonly final: boolean
}

/** Of each line of one list of tools, what is wrong with it by itself and beside the others. */
export function faultsIn(lines: readonly JsonNode[]): Fault[][] {
  const faultsOf = faultsAmong(lines)
  return lines.map((line, index) => faultsOf(line, index))
}

/** The same, asked for one line after the other. */
export function faultsAmong(
  lines: readonly JsonNode[],
): (line: JsonNode, index: number) => Fault[] {
  const names = lines.map((line) => line.member('name')?.string())
  const times = new Map<string | undefined, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  const hidesSomething = createLook()
  return (line, index) => {
    const name = names[index]
    // Neither read nor shown to anybody.
    if (line.end - line.start > limits.toolBytes)
      return [final('is too long to be read by a person')]
    return [
      ...nameFaults(name),
      ...((times.get(name) ?? 0) > 1 ? [final('is there twice under the same name')] : []),
      ...(line.member('inputSchema')?.kind === 'object'
        ? []
        : [final('does not say what it takes: its inputSchema is missing or no object')]),
      ...(headerParameters(line) === null
        ? [final('asks for headers in a way that clients have to refuse (x-mcp-header)')]
        : []),
      ...(textsOf(line).some(hidesSomething)
        ? [{ words: 'holds text that a model reads and a person does not see', final: false }]
        : []),
    ]
  }
}

function nameFaults(name: string | undefined): Fault[] {
  if (name === undefined) return [final('has no name')]
  if (isPlainToolName(name)) return []
  if (isReadableToolName(name))
    return [{ words: `has a name that can be mistaken: ${spelled(name)}`, final: false }]
  return [
    final(
      name.length > 128
        ? 'has a name of more than 128 characters'
        : `has a name that cannot be seen as it is: ${spelled(name)}`,
    ),
  ]
}

const final = (words: string): Fault => ({ words, final: true })

/** The lines of a list of tools without fault: each named once and plainly, nothing hidden, with a schema of its arguments. */
export function soundTools(lines: readonly JsonNode[]): JsonNode[] {
  const faults = faultsIn(lines)
  return lines.filter((_, index) => faults[index]?.length === 0)
}
