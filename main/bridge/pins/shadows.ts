import type { Fault } from '../tool-lines.ts'
import { spelled } from './hidden.ts'
import { drawn, looksLike } from './look-alikes.ts'
import type { Pin } from './store.ts'

/** Names of tools that pass for another server's. */
export interface Shadows {
  of(server: string, tool: string): Fault[]
  /** @returns what is wrong with a name that begins as Warder names another server's tools (ADR 15); null where nothing is */
  prefix(server: string, tool: string): string | null
  /** Other pins than before. */
  stale(): void
}

export function createShadows(options: {
  servers: () => readonly string[]
  pins: () => Iterable<Pin>
}): Shadows {
  let index: Map<string, Pin[]> | null = null

  function twins(tool: string): readonly Pin[] {
    index ??= Map.groupBy(
      [...options.pins()].filter(({ approved }) => approved.length > 0),
      (pin) => drawn(pin.tool),
    )
    return index.get(drawn(tool)) ?? []
  }

  function prefix(server: string, tool: string): string | null {
    const [named = '', rest] = tool.split('__', 2)
    if (rest === undefined) return null
    const drawnAs = drawn(named.toLowerCase())
    const other = options
      .servers()
      .find((name) => name !== server && drawn(name.toLowerCase()) === drawnAs)
    return other === undefined
      ? null
      : `has a name that reads like a tool of the server ${other}: ${spelled(tool)}`
  }

  return {
    prefix,
    of(server, tool) {
      const imitates = prefix(server, tool)
      const twin = twins(tool).find((pin) => pin.server !== server && looksLike(pin.tool, tool))
      const words = [
        ...(imitates === null ? [] : [imitates]),
        ...(twin === undefined
          ? []
          : [
              `has a name that looks like ${spelled(twin.tool)} of ${twin.server}: ${spelled(tool)}`,
            ]),
      ]
      return words.map((one) => ({ words: one, final: false }))
    },
    stale() {
      index = null
    },
  }
}
