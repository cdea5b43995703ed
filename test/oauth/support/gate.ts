/** Cuts a script in two: it has begun, and it may go on. */
export function gate() {
  const begun = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  return {
    begun: begun.promise,
    open: open.resolve,
    async pass() {
      begun.resolve()
      await open.promise
    },
  }
}
