/** Milliseconds that the machine was awake since it was made. */
export interface AwakeClock {
  now(): number
  stop(): void
}

const LOOK_EVERY_MS = 30_000

/**
 * A monotonic clock that stands still in sleep on every system: that of Linux does so by itself, those of macOS and
 * Windows go on. A machine that is awake looks at it twice a minute; a longer gap between two looks was sleep.
 *
 * @param monotonic in milliseconds
 */
export function startAwakeClock(monotonic = () => performance.now()): AwakeClock {
  let awake = 0
  let seen = monotonic()
  const now = () => {
    const at = monotonic()
    awake += Math.min(at - seen, 2 * LOOK_EVERY_MS)
    seen = at
    return awake
  }
  const timer = setInterval(now, LOOK_EVERY_MS)
  timer.unref()
  return { now, stop: () => clearInterval(timer) }
}
