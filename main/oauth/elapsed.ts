/** The two clocks of a computer; each of them lies in its own way. */
export interface Clocks {
  /** Milliseconds since the epoch: counts through sleep, but a person or a time server may set it. */
  readonly clock: () => number
  /** Milliseconds since some start: nobody can set it, but it stands still while the machine sleeps. */
  readonly monotonic: () => number
}

/** One instant on both clocks. */
export interface Moment {
  readonly wall: number
  readonly awake: number
}

export const momentOf = ({ clock, monotonic }: Clocks): Moment => ({
  wall: clock(),
  awake: monotonic(),
})

/**
 * Milliseconds since then, as the clock says that went further. What is used up too early by that is asked for once
 * more; what would live on because one clock stood still or was set back does not.
 */
export function elapsed(clocks: Clocks, since: Moment): number {
  return Math.max(clocks.clock() - since.wall, clocks.monotonic() - since.awake)
}

/**
 * How long the machine slept since then, in milliseconds: the wall clock went on, the other did not. Negative where the
 * wall clock was set back; a clock that was set ahead looks like sleep.
 */
export function sleptSince(clocks: Clocks, since: Moment): number {
  return Math.round(clocks.clock() - since.wall - (clocks.monotonic() - since.awake))
}
