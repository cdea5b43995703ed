import type { Mask } from '../audit/mask.ts'
import type { Operation } from '../policy/decide.ts'
import { refuseLookAlikes } from './envelope.ts'
import type { JsonNode } from './json-scan.ts'

/** Which list a method answers with, and what one line of it is called in the rules. */
const LISTS: Readonly<
  Record<string, { member: string; kind: 'tool' | 'resource' | 'prompt'; name: string }>
> = {
  'tools/list': { member: 'tools', kind: 'tool', name: 'name' },
  'prompts/list': { member: 'prompts', kind: 'prompt', name: 'name' },
  'resources/list': { member: 'resources', kind: 'resource', name: 'uri' },
  'resources/templates/list': {
    member: 'resourceTemplates',
    kind: 'resource',
    name: 'uriTemplate',
  },
}

/**
 * The value of an answer as the client may see it: a list without the lines that the client may not call, and no secret
 * of the vault in it. What needs no change is the server's own bytes.
 *
 * @param value the answer's result or error
 * @param allowed the decision function of the call itself, asked for each line of a list
 * @throws WarderError `bridge.malformed` for a list that two readers may read in two ways
 */
export function inspect(
  value: JsonNode,
  method: string,
  allowed: (operation: Operation) => boolean,
  mask: Mask,
): { readonly text: string; readonly masked: number } {
  const list = Object.hasOwn(LISTS, method) ? LISTS[method] : undefined
  const lines = list && value.member(list.member)
  // A client that folds case would read `Tools` beside the filtered `tools`.
  if (list !== undefined && value.kind === 'object') refuseLookAlikes(value, [list.member])
  if (list === undefined || lines?.kind !== 'array') return mask(value.raw)

  const all = lines.elements()
  const kept = all.filter((line) => {
    const name = line.member(list.name)?.string()
    refuseLookAlikes(line, [list.name])
    // A line whose name cannot be read cannot be called either.
    return name !== undefined && allowed({ kind: list.kind, name })
  })
  if (kept.length === all.length) return mask(value.raw)
  const [start, end] = [lines.start - value.start, lines.end - value.start]
  return mask(
    `${value.raw.slice(0, start)}[${kept.map((line) => line.raw).join(',')}]${value.raw.slice(end)}`,
  )
}
