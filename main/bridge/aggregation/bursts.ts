import { limits } from '../limits.ts'
import type { ParkingTimer } from '../parking.ts'

/** The three lists that a client is told to ask for again (MCP 2025-11-25, List Changed Notification). */
export type ListName = 'tools' | 'resources' | 'prompts'
export const LIST_NAMES: readonly ListName[] = ['tools', 'resources', 'prompts']

/** Many servers change at once where one thing happened: each list is told once for a burst. */
export function createBursts(
  timer: ParkingTimer,
  send: (text: string) => void,
): { changed(names: readonly ListName[]): void; close(): void } {
  const changes = new Set<ListName>()
  let stop: (() => void) | null = null

  function tell(): void {
    stop = null
    for (const name of LIST_NAMES)
      if (changes.delete(name))
        send(`{"jsonrpc":"2.0","method":"notifications/${name}/list_changed"}`)
  }

  return {
    changed(names) {
      for (const name of names) changes.add(name)
      if (changes.size > 0) stop ??= timer.after(limits.burstMs, tell)
    },
    close() {
      stop?.()
      changes.clear()
    },
  }
}
