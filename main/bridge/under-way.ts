import { limits } from './limits.ts'

/**
 * Answers on their way to a server that asks. One that asks on and takes no answers would have ever more of them wait here.
 *
 * @returns takes note of one, and gives what to wait for before more is read from the server; undefined while there are few
 */
export function createUnderWay(
  most: number = limits.inFlight,
): (done: Promise<unknown>) => Promise<void> | undefined {
  let count = 0
  return (done) => {
    count++
    const over = done.then(
      () => void count--,
      () => void count--,
    )
    return count < most ? undefined : over
  }
}
