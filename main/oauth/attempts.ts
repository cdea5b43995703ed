import { WarderError } from '../errors.ts'

/** The sign-ins under way, each from the moment that a person began it until it is stored or over. */
export interface Attempts {
  begin(server: string): Attempt
  /** Gives up those of one server, or all of them. */
  abandon(server?: string): void
}

export interface Attempt {
  /** Aborted: nobody wants it any more. What arrives for it all the same is given back, and becomes no grant. */
  readonly signal: AbortSignal
  giveUp(): void
  /** The newest sign-in at a server counts: gives up those that were begun before it. */
  takePlace(): void
  /** @throws WarderError `oauth.sign_in_abandoned` where it was given up */
  check(): void
  end(): void
}

interface Begun {
  readonly server: string
  readonly abort: AbortController
}

export function createAttempts(): Attempts {
  const underWay: Begun[] = []

  return {
    begin(server) {
      const abort = new AbortController()
      const begun = { server, abort }
      underWay.push(begun)
      return {
        signal: abort.signal,
        giveUp: () => abort.abort(),
        takePlace() {
          for (const one of underWay.slice(0, Math.max(0, underWay.indexOf(begun))))
            if (one.server === server) one.abort.abort()
        },
        check() {
          if (abort.signal.aborted) throw notFinished()
        },
        end() {
          const at = underWay.indexOf(begun)
          if (at >= 0) underWay.splice(at, 1)
        },
      }
    },
    abandon(server) {
      for (const one of [...underWay])
        if (server === undefined || one.server === server) one.abort.abort()
    },
  }
}

/** @param details `revoking`: what had come of it is being revoked, with a receipt */
export const notFinished = (details?: { readonly revoking: true }) =>
  new WarderError(
    'oauth.sign_in_abandoned',
    'The sign-in was not finished.',
    details === undefined ? {} : { details },
  )
