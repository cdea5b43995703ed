/** Milliseconds on a clock that nobody can set. */
export interface ParkingTimer {
  now(): number
  /** @returns what takes it back */
  after(ms: number, run: () => void): () => void
}

export const systemTimer: ParkingTimer = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
