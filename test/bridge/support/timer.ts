import type { ParkingTimer } from '../../../main/bridge/parking.ts'

/** Time that stands still until it is told to pass. */
export function manualTimer(): { timer: ParkingTimer; pass(ms: number): void } {
  let now = 0
  const due = new Set<{ at: number; run: () => void }>()
  return {
    timer: {
      now: () => now,
      after(ms, run) {
        const entry = { at: now + ms, run }
        due.add(entry)
        return () => void due.delete(entry)
      },
    },
    pass(ms) {
      const end = now + ms
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        due.delete(next)
        now = next.at
        next.run()
      }
      now = end
    },
  }
}
