import { WarderError } from '../errors.ts'
import type { Principals } from '../identity/principals.ts'
import type { Claim } from './eras/claim.ts'
import { limits } from './limits.ts'

/** Who sends requests that stand alone, as its door has settled it; `server` is null for all of them. */
export interface Caller<Server extends string | null = string> {
  readonly client: string
  readonly proof: Principals['proof']
  readonly server: Server
  /** Where the client was started, as its shim says; null where nobody says. */
  readonly folder: string | null
}

/**
 * What stands behind requests that stand alone: one session for each caller, so that a server is not opened anew for each
 * of them (ADR 13). Servers with sessions hold what a client can do against it from the opening on, so each set of
 * abilities has a session of its own.
 */
export interface Standing<Server extends string | null, Held> {
  /**
   * Runs something with what stands behind a caller, begun where there is nothing.
   *
   * @throws WarderError `bridge.busy` where all that a client may have are at work
   */
  use(caller: Caller<Server>, claim: Claim, run: (held: Held) => Promise<void>): Promise<void>
  close(): void
}

interface Entry<Held> {
  readonly key: string
  readonly client: string
  readonly held: Held
  lastUsed: number
  busy: number
}

const SWEEP_MS = 60_000

export function createStanding<
  Server extends string | null,
  Held extends { readonly ended: boolean },
>(options: {
  begin: (caller: Caller<Server>, claim: Claim) => Held
  end: (held: Held) => Promise<void>
  /** How many one client may have. */
  most?: () => number
}): Standing<Server, Held> {
  const { begin, end } = options
  const { most = () => limits.sessionsPerClient } = options
  const entries = new Map<string, Entry<Held>>()
  const sweeper = setInterval(sweep, SWEEP_MS)
  sweeper.unref()

  function sweep(): void {
    const oldest = performance.now() - limits.sessionIdleMs
    for (const entry of entries.values())
      if (entry.held.ended || (entry.busy === 0 && entry.lastUsed < oldest)) forget(entry)
  }

  function forget(entry: Entry<Held>): void {
    if (entries.get(entry.key) === entry) entries.delete(entry.key)
    void end(entry.held)
  }

  /** Room for one more session of this client: the one that was idle longest goes. */
  function makeRoom(client: string): void {
    const own = [...entries.values()].filter((entry) => entry.client === client)
    if (own.length < most()) return
    const [idle] = own.filter(({ busy }) => busy === 0).sort((a, b) => a.lastUsed - b.lastUsed)
    if (idle === undefined)
      throw new WarderError('bridge.busy', 'This client has too many sessions at work.')
    forget(idle)
  }

  function entryOf(caller: Caller<Server>, claim: Claim): Entry<Held> {
    const { client, proof, server, folder } = caller
    const key = JSON.stringify([client, proof, server, folder, claim.capabilities.raw])
    const known = entries.get(key)
    if (known !== undefined && !known.held.ended) return known
    entries.delete(key)
    makeRoom(client)
    const entry = { key, client, held: begin(caller, claim), lastUsed: performance.now(), busy: 0 }
    entries.set(key, entry)
    return entry
  }

  return {
    async use(caller, claim, run) {
      const entry = entryOf(caller, claim)
      entry.busy++
      try {
        await run(entry.held)
      } finally {
        entry.busy--
        entry.lastUsed = performance.now()
      }
    },
    close() {
      clearInterval(sweeper)
      entries.clear()
    },
  }
}
