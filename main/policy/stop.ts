import { WarderError } from '../errors.ts'
import type { State } from '../store/state.ts'

/** Everything is stopped: every door refuses every call until a person resumes. It outlasts restarts. */
export interface Stop {
  /** The stop that is in force, else null. */
  current(): Stopped | null
  /**
   * In force from this line on, also where the disk cannot be written; then everything that `work` writes is on disk
   * together with it, or nothing. @throws WarderError `store.unwritable`: in force until this process ends
   */
  begin<T>(stopped: Stopped, work: () => T): T
  /** Only ever called with a person's consent. @throws WarderError `store.unwritable`: still in force */
  lift(): void
  /** @throws WarderError `policy.stopped` while one is in force */
  refuse(): void
}

export interface Stopped {
  /** Of its record. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const NAME = 'stopped'

export function createStop(state: State): Stop {
  const read = state.prepare('SELECT value FROM meta WHERE key = ?')
  const write = state.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
  const drop = state.prepare('DELETE FROM meta WHERE key = ?')
  const row = read.get(NAME)
  let now: Stopped | null = row === undefined ? null : parse(String(row.value))

  return {
    current: () => now,
    begin(stopped, work) {
      now ??= stopped
      return state.transaction(() => {
        write.run(NAME, JSON.stringify(now))
        return work()
      })
    },
    lift() {
      state.transaction(() => drop.run(NAME))
      now = null
    },
    refuse() {
      if (now !== null) throw stoppedError()
    },
  }
}

export const stoppedError = () =>
  new WarderError('policy.stopped', 'Everything is stopped until a person resumes it in Warder.')

/** What cannot be read was written by somebody else: stopped is the answer that can be mended. */
function parse(text: string): Stopped {
  try {
    const { id, at } = JSON.parse(text) as Partial<Stopped>
    return { id: String(id), at: Number(at) || 0 }
  } catch {
    return { id: 'unknown', at: 0 }
  }
}
