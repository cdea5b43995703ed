import type { Mask } from '../audit/mask.ts'
import { WarderError } from '../errors.ts'
import type { Decision, Operation } from '../policy/decide.ts'
import type { JsonNode } from './json-scan.ts'
import { maskJson } from './mask-json.ts'
import { decisionOf, looksTwoWays, operationOn } from './operations.ts'
import { soundTools } from './tool-lines.ts'
import { wellFormed } from './well-formed.ts'

/** Which list a method answers with, and what one line of it is called in the rules. */
export const LISTS: Readonly<
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
 * @param decide the decision function of the call itself, asked for each line of a list
 * @param tools of the lines of a list of tools, those that a client may see at all
 * @throws WarderError `server.protocol` for a list that two readers may read in two ways, and for a secret that cannot be
 *   taken out
 */
export function inspect(
  value: JsonNode,
  method: string,
  decide: (operation: Operation) => Decision,
  mask: Mask,
  tools: (lines: readonly JsonNode[], result: JsonNode) => readonly JsonNode[] = soundTools,
): { readonly text: string; readonly masked: number } {
  const list = Object.hasOwn(LISTS, method) ? LISTS[method] : undefined
  const lines = list && value.member(list.member)
  // A client that folds case would read `Tools` beside the filtered `tools`.
  if (list !== undefined) refuseTwoReadings(value, list.member)
  if (list === undefined || lines?.kind !== 'array') return maskJson(wellFormed(value.raw), mask)

  const all = lines.elements()
  const sound = list.kind === 'tool' ? tools(all, value) : all
  const kept = sound.filter((line) => {
    refuseTwoReadings(line, list.name)
    const operation = operationOn(list.kind, line.member(list.name))
    return decisionOf({ operation }, decide).effect === 'allow'
  })
  if (kept.length === all.length) return maskJson(wellFormed(value.raw), mask)
  const [start, end] = [lines.start - value.start, lines.end - value.start]
  const shorter = `[${kept.map((line) => line.raw).join(',')}]`
  return maskJson(wellFormed(value.raw.slice(0, start) + shorter + value.raw.slice(end)), mask)
}

/**
 * The lines of a list of tools, where the answer is one.
 *
 * @throws WarderError `server.protocol` for a list that two readers may read in two ways
 */
export function toolsIn(value: JsonNode, method: string): JsonNode[] | null {
  if (method !== 'tools/list') return null
  refuseTwoReadings(value, 'tools')
  const lines = value.member('tools')
  return lines?.kind === 'array' ? lines.elements() : null
}

function refuseTwoReadings(object: JsonNode, name: string): void {
  if (object.kind === 'object' && looksTwoWays(object, [name]))
    throw new WarderError('server.protocol', 'The server sent a list that reads in two ways.')
}
