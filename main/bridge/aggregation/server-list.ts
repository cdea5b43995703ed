import { WarderError } from '../../errors.ts'
import { LISTS } from '../inspect.ts'
import type { JsonNode } from '../json-scan.ts'
import { limits } from '../limits.ts'
import type { ParkingTimer } from '../parking.ts'
import type { Branch } from './branch.ts'
import { readShownName, shownName } from './names.ts'

/** One list of one server, as the client may see it: it came through the relay, like any answer. */
export interface ServerList {
  /**
   * Its lines, asked for anew, with their own names. The server has as long as all of them have, counted from when it was
   * first asked; where it is late, what is known from before, and `onLate` follows.
   */
  lines(): Promise<readonly JsonNode[]>
  /** What the lines that it last answered with hold in memory. Bytes. */
  weight(): number
  /** Nobody looks at them any more. */
  done(): void
  /** Waits for its answer, however long that takes. */
  answered(): Promise<void>
  /** False where it may have changed since it was asked. */
  readonly fresh: boolean
  stale(): void
  /** Names or URIs that it had when it last answered: they stay its own while it does not. */
  readonly keys: ReadonlySet<string>
  /** Its own name for the thing that is shown under this one; null for what it had not when it last answered. */
  ownName(shown: string): string | null
}

interface Asking {
  readonly since: number
  readonly done: Promise<readonly JsonNode[]>
  late: boolean
}

/** What is kept of it: its answer while somebody looks at it, its names, and its lines where it was late. */
export type Kept = 'pages' | 'names' | 'late'

/**
 * @param hold where that counts, in bytes; false where there is no room
 * @param onLearned what it has is known anew
 * @param onLate what came was late, and differs from what was shown in its place
 */
export function createServerList(options: {
  branch: Branch
  method: string
  timer: ParkingTimer
  hold: (what: Kept, bytes: number) => boolean
  onLearned: () => void
  onLate: () => void
}): ServerList {
  const { branch, method, timer, hold, onLearned, onLate } = options
  const list = LISTS[method] ?? { member: '', kind: 'tool', name: '' }
  const feature = method.slice(0, method.indexOf('/'))
  let keys: ReadonlySet<string> = new Set()
  /** Only of what does not say its own name by itself. */
  let ownNames: ReadonlyMap<string, string> = new Map()
  let asking: Asking | null = null
  /** Kept of a server that was late, which may be late again. */
  let kept: readonly JsonNode[] = []
  let fresh = false
  let weight = 0

  async function fetch(): Promise<readonly JsonNode[]> {
    await branch.opened()
    if (!branch.offers(feature)) return []
    const lines: JsonNode[] = []
    let bytes = 0
    weight = 0
    let cursor: string | undefined
    for (let page = 0; page < limits.listPages && bytes < limits.listBytes; page++) {
      const result = await branch.ask(method, cursor === undefined ? '{}' : `{"cursor":${cursor}}`)
      weight += result.weight()
      if (!hold('pages', weight)) throw noRoom()
      for (const line of result.member(list.member)?.elements() ?? []) {
        lines.push(line)
        bytes += line.end - line.start
      }
      const next = result.member('nextCursor')
      // A server that gives the same page for ever is no reason to ask for ever.
      if (next?.kind !== 'string' || next.raw === cursor) break
      cursor = next.raw
    }
    learn(lines)
    return lines
  }

  function learn(lines: readonly JsonNode[]): void {
    const names = lines.flatMap((line) => line.member(list.name)?.string() ?? [])
    const size = names.reduce((sum, name) => sum + name.length + NAME, 0)
    if (!hold('names', size)) throw noRoom()
    keys = new Set(names)
    onLearned()
    if (list.kind === 'resource') return
    const shortened = names
      .map((own) => [shownName(branch.server, own), own] as const)
      .filter(([shown]) => readShownName(shown)?.own === null)
    // Of two names with one digest the first is shown, and called.
    ownNames = new Map(shortened.reverse())
  }

  function ask(): Asking {
    // What it says while it answers may be about what comes after.
    fresh = true
    const done = fetch().then(
      (lines) => {
        const differs = rawOf(lines) !== rawOf(kept)
        kept = begun.late && hold('late', weight) ? lines : []
        // Who waited for them has gone on without.
        hold(begun.late ? 'pages' : 'late', 0)
        if (begun.late && differs) onLate()
        return lines
      },
      // Its own lines are all that it costs. The audit says why.
      () => {
        kept = []
        hold('late', 0)
        hold('pages', 0)
        return []
      },
    )
    const begun: Asking = { since: branch.openingSince ?? timer.now(), done, late: false }
    asking = begun
    void done.then(() => {
      asking = null
    })
    return begun
  }

  function done(): void {
    if (asking === null) hold('pages', 0)
  }

  return {
    async lines() {
      const begun = asking ?? ask()
      const left = begun.since + limits.listWaitMs - timer.now()
      const lines = await within(timer, left, begun.done)
      if (lines !== null) return lines
      begun.late = true
      return kept
    },
    weight: () => weight,
    done,
    async answered() {
      await (asking ?? ask()).done
      done()
    },
    get fresh() {
      return fresh && asking === null
    },
    stale() {
      fresh = false
    },
    get keys() {
      return keys
    },
    ownName: (shown) => ownNames.get(shown) ?? null,
  }
}

/** What a name costs beside its characters. */
const NAME = 64

const noRoom = () => new WarderError('bridge.busy', 'There is no room for this list.')

/** @returns null where it takes longer */
export async function within<T>(
  timer: ParkingTimer,
  ms: number,
  promise: Promise<T>,
): Promise<T | null> {
  if (ms <= 0) return null
  const over = Promise.withResolvers<null>()
  const stop = timer.after(ms, () => over.resolve(null))
  try {
    return await Promise.race([promise, over.promise])
  } finally {
    stop()
  }
}

const rawOf = (lines: readonly JsonNode[]) => lines.map((line) => line.raw).join()
