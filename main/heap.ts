import { PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'

/**
 * Keeps what a process of weeks holds near what it uses, and collecting it cheap. By itself V8 lets the young generation
 * grow to 64 MiB in a burst of calls; held at the 2 MiB that it starts with, a third of a call's time goes to collecting,
 * and what is under way is taken for old. V8 takes the size itself only on its command line, which is not ours in
 * Electron; how fast the space grows it takes at any time. Before the first burst.
 */
export function keepHeapSmall(): void {
  // The old generation is collected when it has grown by a fifth; by three tenths or half, it holds some MiB more and is no cheaper.
  v8.setFlagsFromString('--heap-growing-percent=20')
  // What a burst leaves alive is copied by one thread before the others have woken, and they take the time of other programs.
  v8.setFlagsFromString('--no-parallel-scavenge')
  // Nor is the space collected before it is full: what survives is copied each time, whatever there is beside it.
  v8.setFlagsFromString('--no-minor-gc-task')
  steer()
  fill()
  steer()
  // V8 shrinks the space when little happens for a while; then it has to be let grow again.
  new PerformanceObserver(steer).observe({ entryTypes: ['gc'] })
}

/** Bytes of the young generation, both of its halves. */
const YOUNG = 12 * 1024 * 1024
/** What V8 starts with; it counts one of the halves or both then. */
const SMALLEST = 2 * 1024 * 1024

let growth = 0

/** Lets the space grow to its size in one step, and no further. */
function steer(): void {
  const wanted = Math.max(1, Math.floor(YOUNG / Math.max(youngSize(), SMALLEST)))
  if (wanted === growth) return
  growth = wanted
  v8.setFlagsFromString(`--semi-space-growth-factor=${wanted}`)
}

/** Makes it grow now, so that the modules to come do not make it grow twice: V8 grows it by what survives. */
function fill(): void {
  const kept: object[][] = []
  for (let turn = 0; turn < 64 && youngSize() < YOUNG; turn++)
    kept.push(Array.from({ length: 4_096 }, () => ({ turn })))
}

function youngSize(): number {
  const spaces = v8.getHeapSpaceStatistics()
  return spaces.find((space) => space.space_name === 'new_space')?.space_size ?? YOUNG
}
