import type { WarderError } from '../errors.ts'
import { type Hold, lockedError, pausedError } from './hold.ts'
import { type Stop, stoppedError } from './stop.ts'

/** Why nothing passes just now, whatever the rules say. */
export type StandstillCode = 'policy.stopped' | 'policy.locked' | 'policy.paused'

/** The gravest reason, or null where calls pass. */
export function standstill(stop: Stop, hold: Hold): StandstillCode | null {
  if (stop.current() !== null) return 'policy.stopped'
  if (hold.since('locked') !== null) return 'policy.locked'
  return hold.since('paused') === null ? null : 'policy.paused'
}

export function standstillError(code: StandstillCode): WarderError {
  switch (code) {
    case 'policy.stopped':
      return stoppedError()
    case 'policy.locked':
      return lockedError()
    case 'policy.paused':
      return pausedError()
  }
}
