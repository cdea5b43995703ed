import { isObject } from '../values.ts'
import { type Obstacle, obstacle } from './staying.ts'

/** As clients name the tools that they do not use of a server, and those that they use alone. */
const HIDDEN = ['disabledTools', 'disabled_tools', 'excludeTools']
const ALONE = ['enabledTools', 'enabled_tools', 'includeTools', 'available_tools']

/**
 * Tools that a client does not use of a server: what was taken from it stays taken, as rules.
 *
 * @returns their names; an obstacle where rules of ours do not say the same
 */
export function chosenTools(raw: unknown): readonly string[] | Obstacle {
  if (!isObject(raw)) return []
  const all = (names: readonly string[]) =>
    names.flatMap((name) => (Array.isArray(raw[name]) ? (raw[name] as unknown[]) : []))
  const hidden = all(HIDDEN)
  // In a rule these signs stand for others, and Gemini writes arguments behind a name.
  const isPlain = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && name.length <= 256 && !/[*?()]/.test(name)
  if (all(ALONE).length > 0 || !hidden.every(isPlain)) return obstacle('stays.tools_chosen')
  return [...new Set(hidden)]
}
