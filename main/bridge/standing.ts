import { WarderError } from '../errors.ts'
import type { Principals } from '../identity/principals.ts'
import type { Claim } from './eras/claim.ts'
import { limits } from './limits.ts'
import type { Session } from './types.ts'

/** Who sends requests that stand alone, as its door has settled it. */
export interface Caller {
  readonly client: string
  readonly proof: Principals['proof']
  readonly server: string
  /** Where the client was started, as its shim says; null where nobody says. */
  readonly folder: string | null
}

/**
 * What stands behind requests that stand alone: one session for each caller, so that a server is not opened anew for each
 * of them (ADR 13). Servers with sessions hold what a client can do against it from the opening on, so each set of
 * abilities has a session of its own.
 */
export interface Standing {
  /**
   * Runs something with the session of a caller, opened where there is none.
   *
   * @throws WarderError `bridge.busy` where all that a client may have are at work
   */
  use(caller: Caller, claim: Claim, run: (session: Session) => Promise<void>): Promise<void>
  close(): void
}

interface Entry {
  readonly key: string
  readonly client: string
  readonly session: Session
  lastUsed: number
  busy: number
}

const SWEEP_MS = 60_000

export function createStanding(options: {
  begin: (caller: Caller, claim: Claim) => Session
  end: (session: Session) => Promise<void>
  now?: () => number
}): Standing {
  const { begin, end, now = () => performance.now() } = options
  const entries = new Map<string, Entry>()
  const sweeper = setInterval(sweep, SWEEP_MS)
  sweeper.unref()

  function sweep(): void {
    const oldest = now() - limits.sessionIdleMs
    for (const entry of entries.values())
      if (entry.session.ended || (entry.busy === 0 && entry.lastUsed < oldest)) forget(entry)
  }

  function forget(entry: Entry): void {
    if (entries.get(entry.key) === entry) entries.delete(entry.key)
    void end(entry.session)
  }

  /** Room for one more session of this client: the one that was idle longest goes. */
  function makeRoom(client: string): void {
    const own = [...entries.values()].filter((entry) => entry.client === client)
    if (own.length < limits.sessionsPerClient) return
    const [idle] = own.filter(({ busy }) => busy === 0).sort((a, b) => a.lastUsed - b.lastUsed)
    if (idle === undefined)
      throw new WarderError('bridge.busy', 'This client has too many sessions at work.')
    forget(idle)
  }

  function entryOf(caller: Caller, claim: Claim): Entry {
    const { client, proof, server, folder } = caller
    const key = JSON.stringify([client, proof, server, folder, claim.capabilities.raw])
    const known = entries.get(key)
    if (known !== undefined && !known.session.ended) return known
    entries.delete(key)
    makeRoom(client)
    const entry = { key, client, session: begin(caller, claim), lastUsed: now(), busy: 0 }
    entries.set(key, entry)
    return entry
  }

  return {
    async use(caller, claim, run) {
      const entry = entryOf(caller, claim)
      entry.busy++
      try {
        await run(entry.session)
      } finally {
        entry.busy--
        entry.lastUsed = now()
      }
    },
    close() {
      clearInterval(sweeper)
      entries.clear()
    },
  }
}
