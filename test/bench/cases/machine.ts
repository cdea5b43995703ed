import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Effort, median } from '../measure.ts'
import type { CaseResult } from './result.ts'

/**
 * What no program can be faster than here: to wake a thread that sleeps. Some machines take a tenth of a call for that, and
 * not the same from one hour to the next; Warder is one or two programs more to wake, so that the ratios of one call at a
 * time go up and down with it.
 */
export async function machineCase({ sequential }: Effort): Promise<CaseResult> {
  const signals = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  const sleeper = new Worker(SLEEPER, { eval: true, workerData: signals })
  await once(sleeper, 'online')
  const times = Array.from({ length: sequential }, () => microsecondsToWake(signals))
  await sleeper.terminate()
  return {
    name: 'machine',
    title: 'The machine',
    figures: { 'to wake a thread that sleeps': { 'p50 µs': median(times) } },
    wanted: [],
  }
}

/** Wakes whoever wakes it. */
const SLEEPER = `
  const { workerData: signals } = require('node:worker_threads')
  for (;;) {
    Atomics.wait(signals, 0, 0)
    Atomics.store(signals, 0, 0)
    Atomics.store(signals, 1, 1)
    Atomics.notify(signals, 1)
  }
`

/** Half of the way there and back, since both of them sleep meanwhile. */
function microsecondsToWake(signals: Int32Array): number {
  const asleep = performance.now() + ASLEEP_MS
  while (performance.now() < asleep);
  const began = performance.now()
  Atomics.store(signals, 0, 1)
  Atomics.notify(signals, 0)
  Atomics.wait(signals, 1, 0)
  Atomics.store(signals, 1, 0)
  return ((performance.now() - began) * 1_000) / 2
}

/** By then the other thread has gone to sleep. */
const ASLEEP_MS = 0.2
