/** Counts failures in a window of time. It never stands before a right answer: whoever fails here cannot lock others out. */
export interface Throttle {
  /** @returns true while this failure is still within the limit */
  fail(): boolean
}

/**
 * @param limit failures in a window that are answered as failures; what is above is turned away
 * @param windowMs length of the window in milliseconds
 */
export function createThrottle(limit: number, windowMs: number, clock: () => number): Throttle {
  let windowEnds = 0
  let failures = 0
  return {
    fail() {
      const now = clock()
      if (now >= windowEnds) {
        windowEnds = now + windowMs
        failures = 0
      }
      failures += 1
      return failures <= limit
    },
  }
}
