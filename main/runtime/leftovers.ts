import type { Meta } from '../store/meta.ts'
import { processGroup } from './process-group.ts'
import { processSpace, startOf } from './process-start.ts'
import { HURRIED_MS, pollMs, type StopTimer, systemTimer } from './stop.ts'

/**
 * The local servers that run, written down for the next start: should this companion and its guardian both be killed,
 * the next one ends what they left. No secret in it.
 */
export interface ProcessRecord {
  add(group: number, start: string): void
  remove(group: number): void
}

const KEY = 'local_processes'

interface Written {
  readonly space: string
  readonly groups: readonly (readonly [group: number, start: string])[]
}

export function openProcessRecord(meta: Meta, space = processSpace()): ProcessRecord {
  const groups = new Map<number, string>()
  const save = () => meta.set(KEY, JSON.stringify({ space, groups: [...groups] } satisfies Written))
  return {
    add(group, start) {
      groups.set(group, start)
      save()
    },
    remove(group) {
      if (groups.delete(group)) save()
    },
  }
}

/**
 * Ends what an earlier companion of this home left behind. A group is touched only where its leader is still the process
 * that was written down, by its start: an id that was given to somebody else since is left alone, and so is a group
 * whose leader is gone.
 *
 * @returns how many groups were ended
 */
export async function endLeftovers(
  meta: Meta,
  space = processSpace(),
  timer: StopTimer = systemTimer,
): Promise<number> {
  const written = parse(meta.get(KEY))
  if (written === null || written.space !== space) return 0
  const ended = await Promise.all(
    written.groups.map(async ([id, start]) => {
      if ((await startOf(id)) !== start) return false
      const group = processGroup(id)
      if (!group.alive()) return false
      group.signal('SIGTERM')
      const last = timer.now() + HURRIED_MS
      while (group.alive() && timer.now() < last) await timer.sleep(pollMs)
      group.signal('SIGKILL')
      return true
    }),
  )
  return ended.filter(Boolean).length
}

function parse(text: string | undefined): Written | null {
  try {
    const { space, groups } = JSON.parse(text ?? 'null') as Written
    // A group below 2 would be everybody.
    const sound = groups.every(([id, start]) => Number.isSafeInteger(id) && id > 1 && start !== '')
    return sound ? { space, groups } : null
  } catch {
    return null
  }
}
