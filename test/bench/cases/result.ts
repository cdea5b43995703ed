/** What one case measured, and what is wanted of it. Only ratios within one run mean anything. */
export interface CaseResult {
  readonly name: string
  /** In words, for the table. */
  readonly title: string
  /** Target → figure → value; the unit is in the figure's name. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly wanted: readonly Wanted[]
  /** What could not be measured here, and why. */
  readonly notRun?: readonly string[]
}

export interface Wanted {
  /** `p50 / floor` */
  readonly what: string
  readonly value: number
  readonly limit: number
  readonly sense: 'at most' | 'at least'
  readonly met: boolean
}

export function atMost(what: string, value: number, limit: number): Wanted {
  return { what, value, limit, sense: 'at most', met: value <= limit }
}

export function atLeast(what: string, value: number, limit: number): Wanted {
  return { what, value, limit, sense: 'at least', met: value >= limit }
}

/** Bytes as the table shows them. */
export const mebibytes = (bytes: number) => bytes / (1024 * 1024)
