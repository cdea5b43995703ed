/**
 * Long work of everybody, one step of one of them for each turn of the event loop: what is short goes on in between, and
 * what is long of one peer is not in the way of what is long of another.
 */
export interface Turns {
  /** @throws what the work throws, or the signal's reason; then no more of it is done */
  run<Result>(work: Iterator<void, Result>, signal: AbortSignal): Promise<Result>
}

/** @param later runs something in another turn, when what has arrived was looked at */
export function createTurns(later: (run: () => void) => unknown = setImmediate): Turns {
  /** Each makes one step, and says whether there is more to do. */
  const waiting: (() => boolean)[] = []

  function turn(): void {
    const step = waiting.shift()
    if (step?.() === true) waiting.push(step)
    if (waiting.length > 0) later(turn)
  }

  return {
    run: (work, signal) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          try {
            signal.throwIfAborted()
            const made = work.next()
            if (made.done) resolve(made.value)
            return made.done !== true
          } catch (error) {
            reject(error)
            return false
          }
        })
        if (waiting.length === 1) later(turn)
      }),
  }
}
