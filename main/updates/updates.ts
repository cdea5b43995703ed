import { toWarderError, WarderError } from '../errors.ts'
import { createEmitter, type Emitter } from '../events.ts'
import type { Dialer } from '../net/dialer.ts'
import type { Meta } from '../store/meta.ts'
import { isNewer, newestRelease, type Place, pageOf } from './releases.ts'

/** Whether there is a newer Warder. Looks only where a person wants that, and never fetches or installs anything (ADR 25). */
export interface Updates {
  state(): UpdateState
  /** @throws WarderError `update.no_place`, `update.unreadable`, `net.*` */
  look(): Promise<void>
  /** Whether to look once a day; off until a person says so. */
  lookDaily(on: boolean): void
  readonly events: Emitter<{
    changed: []
    /** Once for each version. */
    found: [version: string]
  }>
  close(): void
}

export interface UpdateState {
  readonly place: Place | null
  readonly daily: boolean
  /** Milliseconds since the epoch; null where nobody has looked yet. */
  readonly lookedAt: number | null
  /** One that is newer than this Warder. */
  readonly newer: { readonly version: string; readonly page: string } | null
  /** Why the last look ended without an answer. */
  readonly problem: string | null
}

const DAY = 24 * 60 * 60_000
const HOUR = 60 * 60_000

const keys = {
  daily: 'updates_daily',
  lookedAt: 'updates_looked_at',
  newest: 'updates_newest',
  told: 'updates_told',
} as const

export function createUpdates(options: {
  readonly place: Place | null
  readonly version: string
  readonly dialer: Dialer
  readonly meta: Meta
  readonly clock: () => number
  /** @returns what ends it */
  readonly every?: (ms: number, work: () => void) => () => void
}): Updates {
  const { place, version, dialer, meta, clock, every = onTimer } = options
  const events: Updates['events'] = createEmitter()
  let problem: string | null = null
  let looking: Promise<void> | null = null

  const daily = () => place !== null && meta.get(keys.daily) === 'on'
  const lookedAt = () => Number(meta.get(keys.lookedAt) ?? 0)

  function newer(): UpdateState['newer'] {
    const newest = meta.get(keys.newest) ?? ''
    if (place === null || !isNewer(newest, version)) return null
    return { version: newest, page: pageOf(place, newest) }
  }

  /** Whoever asks while it is asked waits for the same answer. */
  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = null
    })
    return looking
  }

  async function lookOnce(): Promise<void> {
    if (place === null)
      throw new WarderError('update.no_place', 'This build knows no place to look for updates.')
    try {
      const newest = await newestRelease(dialer, place)
      meta.set(keys.newest, newest ?? '')
      meta.set(keys.lookedAt, String(clock()))
      problem = null
    } catch (error) {
      problem = toWarderError(error).message
      throw error
    } finally {
      events.emit('changed')
    }
    const found = newer()?.version
    if (found === undefined || meta.get(keys.told) === found) return
    meta.set(keys.told, found)
    events.emit('found', found)
  }

  /** Nobody waits for it, and `problem` says why it failed. */
  function lookIfDue(): void {
    if (daily() && clock() - lookedAt() >= DAY) look().catch(() => undefined)
  }

  // A machine that sleeps has no days: the hour after it wakes is soon enough.
  const end = place === null ? () => undefined : every(HOUR, lookIfDue)
  return {
    state: () => ({ place, daily: daily(), lookedAt: lookedAt() || null, newer: newer(), problem }),
    look,
    lookDaily(on) {
      if (on && place === null)
        throw new WarderError('update.no_place', 'This build knows no place to look for updates.')
      meta.set(keys.daily, on ? 'on' : 'off')
      events.emit('changed')
      lookIfDue()
    },
    events,
    close: end,
  }
}

function onTimer(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms)
  timer.unref()
  return () => clearInterval(timer)
}
