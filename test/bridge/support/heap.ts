import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What is held in memory once all that nobody has any more is collected. Bytes. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  return process.memoryUsage().heapUsed
}

/** The end of a text of so many characters, as V8 cuts it out of one: a view of all of it. */
export const endOf = (size: number, end: string): string =>
  `${'x'.repeat(size - end.length)}${end}`.slice(-end.length)
