import { WarderError } from '../errors.ts'
import type { State } from '../store/state.ts'

/**
 * Nothing passes for a while, and nothing is revoked: `paused` refuses every call; `locked` shows and changes nothing
 * either, but for what narrows. Both outlast restarts, each is lifted by itself.
 */
export interface Hold {
  /** Since when, in milliseconds since the epoch; else null. */
  since(kind: HoldKind): number | null
  /** In force from this line on, also where the disk cannot be written. @throws WarderError `store.unwritable` */
  begin(kind: HoldKind, at: number): void
  /** Only ever called with a person's consent. @throws WarderError `store.unwritable`: still in force */
  lift(kind: HoldKind): void
  /** Whether Warder locks when the screen of the machine is locked. */
  withScreen(): boolean
  /** @throws WarderError `store.unwritable` */
  setWithScreen(on: boolean): void
}

export type HoldKind = 'paused' | 'locked'

const WITH_SCREEN = 'lock_with_screen'

export function createHold(state: State): Hold {
  const read = state.prepare('SELECT value FROM meta WHERE key = ?')
  const write = state.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
  const drop = state.prepare('DELETE FROM meta WHERE key = ?')
  const stored = (key: string) => read.get(key)?.value

  function restored(kind: HoldKind): number | null {
    const value = stored(kind)
    // What cannot be read was written by somebody else: held is the answer that can be mended.
    return value === undefined ? null : Number(value) || 0
  }
  const now = { paused: restored('paused'), locked: restored('locked') }
  let withScreen = stored(WITH_SCREEN) !== undefined

  return {
    since: (kind) => now[kind],
    begin(kind, at) {
      now[kind] ??= at
      state.transaction(() => write.run(kind, String(now[kind])))
    },
    lift(kind) {
      state.transaction(() => drop.run(kind))
      now[kind] = null
    },
    withScreen: () => withScreen,
    setWithScreen(on) {
      state.transaction(() => (on ? write.run(WITH_SCREEN, 'on') : drop.run(WITH_SCREEN)))
      withScreen = on
    },
  }
}

export const lockedError = () =>
  new WarderError('policy.locked', 'Warder is locked until a person unlocks it.')

export const pausedError = () =>
  new WarderError('policy.paused', 'Every call is paused until a person resumes in Warder.')
