import { limits } from '../limits.ts'
import type { ParkingTimer } from '../parking.ts'

/** The three lists that a client is told to ask for again (MCP 2025-11-25, List Changed Notification). */
export type ListName = 'tools' | 'resources' | 'prompts'
export const LIST_NAMES: readonly ListName[] = ['tools', 'resources', 'prompts']

export const listChanged = (name: ListName) =>
  `{"jsonrpc":"2.0","method":"notifications/${name}/list_changed"}`

/**
 * Many servers change at once where one thing happened: each list is told once for a burst. A server that says so for ever
 * does not keep the client and all the others busy.
 */
export function createBursts(
  timer: ParkingTimer,
  tell: (name: ListName) => void,
): { changed(names: readonly ListName[]): void; close(): void } {
  const changes = new Set<ListName>()
  let stop: (() => void) | null = null
  let last = Number.NEGATIVE_INFINITY

  function tellAll(): void {
    stop = null
    last = timer.now()
    for (const name of LIST_NAMES) if (changes.delete(name)) tell(name)
  }

  return {
    changed(names) {
      for (const name of names) changes.add(name)
      const wait = Math.max(limits.burstMs, last + limits.listChangedMs - timer.now())
      if (changes.size > 0) stop ??= timer.after(wait, tellAll)
    },
    close() {
      stop?.()
      changes.clear()
    },
  }
}
