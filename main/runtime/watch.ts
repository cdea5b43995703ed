import type { Guardian } from './guardian.ts'
import type { ProcessRecord } from './leftovers.ts'
import { startOf } from './process-start.ts'

/** What has to be ended when this companion is killed: known to the guardian now, and to the next start. */
export interface Watch {
  add(group: number): void
  remove(group: number): void
  close(): void
}

export function createWatch(guardian: Guardian, record: ProcessRecord): Watch {
  const watched = new Set<number>()
  return {
    add(group) {
      watched.add(group)
      guardian.add(group, null)
      void startOf(group).then((start) => {
        if (start === null || !watched.has(group)) return
        guardian.add(group, start)
        record.add(group, start)
      })
    },
    remove(group) {
      watched.delete(group)
      guardian.remove(group)
      record.remove(group)
    },
    close: () => guardian.close(),
  }
}
