/** Runs the work of one key in the order it was asked for; work of different keys runs side by side. */
export interface Serial {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createSerial(): Serial {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const before = tails.get(key) ?? Promise.resolve()
      // The failure of one operation is its caller's: the next one runs all the same.
      const result = before.then(work, work)
      tails.set(key, result)
      const forget = () => {
        if (tails.get(key) === result) tails.delete(key)
      }
      result.then(forget, forget)
      return result
    },
  }
}
