import { WarderError } from '../errors.ts'
import { type CallbackListener, openCallback } from './callback.ts'
import type { ListeningPlace } from './redirect-uri.ts'

/**
 * Opens the listeners of sign-ins. A redirect URI that was registered once and for all has one port, and two sign-ins
 * cannot wait there at once: the later one is told which one to finish first.
 *
 * @returns opens one for the sign-in at `server` @throws WarderError `oauth.callback_port`
 */
export function createHeldPlaces(clock: () => number) {
  /** Which server's sign-in waits at a port. */
  const holders = new Map<number, string>()

  return async function open(place: ListeningPlace, server: string): Promise<CallbackListener> {
    const { port } = place
    const holder = holders.get(port)
    if (holder !== undefined)
      throw new WarderError(
        'oauth.callback_port',
        `The sign-in at ${holder} waits for its answer at port ${port}, which the one at ${server} needs as well: finish it or cancel it first.`,
      )
    if (port === 0) return openCallback(place, clock)
    holders.set(port, server)
    const free = () => void holders.delete(port)
    try {
      const listener = await openCallback(place, clock)
      return { ...listener, cancel: once(free, listener.cancel) }
    } catch (error) {
      free()
      throw error
    }
  }
}

/** Cancelled a second time, it must not let go of what another sign-in holds by then. */
function once(free: () => void, cancel: () => void): () => void {
  let held = true
  return () => {
    cancel()
    if (held) free()
    held = false
  }
}
