import { setTimeout as sleep } from 'node:timers/promises'
import { type Credential, NotProcessed } from './upstream.ts'

/** The stream on which a server says what nobody asked it for; one for each link. */
export interface Listener {
  /** Begins, where it does not listen already: a message that the server took is an occasion to try again. */
  start(credential: Credential): void
}

/**
 * Listens for as long as the link is open. A stream that ends is taken up again with the credential of that moment, ever
 * more slowly while nothing comes of it; after {@link MOST_BARREN} attempts it waits for the next occasion.
 */
export function createListener(options: {
  /**
   * Holds a stream open until it ends.
   * @param heard to be called when something came
   * @returns `never` where the server has none, `nothing` where there is nothing to listen for now
   * @throws NotProcessed; anything else is a stream that broke
   */
  hold: (credential: Credential, heard: () => void) => Promise<'ended' | 'never' | 'nothing'>
  /** @throws where there is no credential (any more) */
  credential: () => Promise<Credential>
  /** What the server asked for before the next attempt, in milliseconds. */
  retryMs: () => number
  /** The end of the link. */
  signal: AbortSignal
}): Listener {
  const { hold, credential, retryMs, signal } = options
  let state: 'idle' | 'listening' | 'never' = 'idle'

  async function listen(first: Credential): Promise<typeof state> {
    let refusals = 0
    let latest = first
    for (let barren = 0; barren < MOST_BARREN; barren++) {
      const began = performance.now()
      try {
        const heard = () => {
          barren = 0
          refusals = 0
        }
        const left = await hold(latest, heard)
        if (left !== 'ended') return left === 'never' ? left : 'idle'
      } catch (error) {
        if (signal.aborted) return 'never'
        if (error instanceof NotProcessed) {
          const { reason } = error
          // What has to be mended for a call is mended there; nothing is done here that a person would be asked for.
          if (reason !== 'unauthorized' && reason !== 'nonce-wanted') return 'idle'
          if (++refusals > 1 || (reason === 'unauthorized' && !latest.renew)) return 'never'
          if (reason === 'unauthorized') await latest.renew?.()
          latest = await credential()
          continue
        }
      }
      // Some servers end every stream after a while.
      if (performance.now() - began > SLOWEST_RETRY_MS) barren = 0
      const pause = Math.min(retryMs() * 2 ** Math.min(barren, 10), SLOWEST_RETRY_MS)
      await sleep(pause, undefined, { signal, ref: false })
      latest = await credential()
    }
    return 'idle'
  }

  return {
    start(first) {
      if (state !== 'idle' || signal.aborted) return
      state = 'listening'
      listen(first).then(
        (left) => {
          state = left
        },
        () => {
          // No credential now: the next message that has one is the next occasion.
          state = 'idle'
        },
      )
    },
  }
}

const SLOWEST_RETRY_MS = 60_000
const MOST_BARREN = 12
