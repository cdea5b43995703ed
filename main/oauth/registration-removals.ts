import { isWarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { State } from '../store/state.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { type Deletion, deleteClient, policyOfManagement } from './registration-management.ts'
import { readStoredClient, registrationKey } from './stored-client.ts'

/** Registrations that nobody uses any more, until the provider has deleted them (RFC 7592 §2.3). */
export interface RegistrationRemovals {
  /**
   * From here on it is removed, over restarts too.
   *
   * @param forget takes it off the list of registrations, in one transaction with that
   * @returns how the first attempt ended; null where the provider offers no management @throws WarderError `vault.*`
   */
  remove(id: string, issuer: string, forget: () => void): Promise<RemovalStep | null>
  /** Takes up what is due now, and later what becomes due. */
  start(): void
  close(): Promise<void>
}

export interface RemovalStep extends Deletion {
  readonly endpoint: string
}

export interface RegistrationRemovalsOptions {
  readonly state: State
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly clock: () => number
}

const FIRST_RETRY_MS = 60_000
const LONGEST_RETRY_MS = 6 * 3_600_000
const LONGEST_TIMER_MS = 86_400_000

interface Removal {
  readonly id: string
  readonly issuer: string
  readonly attempts: number
  readonly dueAt: number
}

export function createRegistrationRemovals(
  options: RegistrationRemovalsOptions,
): RegistrationRemovals {
  const { state, vault, clock } = options
  const all = state.prepare('SELECT * FROM registration_removals ORDER BY due_at')
  const put = state.prepare(
    'INSERT OR REPLACE INTO registration_removals (id, issuer, attempts, due_at) VALUES (?, ?, ?, ?)',
  )
  const drop = state.prepare('DELETE FROM registration_removals WHERE id = ?')
  const running = new Map<string, Promise<RemovalStep | null>>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const removals = (): Removal[] =>
    all.all().map((row) => ({
      id: String(row.id),
      issuer: String(row.issuer),
      attempts: Number(row.attempts),
      dueAt: Number(row.due_at),
    }))

  /** Written before the provider is asked: a crash in between counts as an attempt. */
  async function attempt({ id, issuer, attempts }: Removal): Promise<RemovalStep | null> {
    const pause = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LONGEST_RETRY_MS)
    put.run(id, issuer, attempts + 1, clock() + pause)
    const stored = await readStoredClient(vault(), id, issuer, options.knownSecrets)
    const managed = stored?.management ?? null
    const ended =
      managed === null
        ? null
        : await deleteClient(options.fetch(policyOfManagement(managed)), managed)
    if (ended?.outcome !== 'pending') {
      await vault().delete(registrationKey(id))
      drop.run(id)
    }
    return managed === null || ended === null ? null : { ...ended, endpoint: managed.uri }
  }

  function run(removal: Removal) {
    const begun = attempt(removal).finally(() => {
      running.delete(removal.id)
      schedule()
    })
    running.set(removal.id, begun)
    return begun
  }

  function schedule(): void {
    clearTimeout(timer)
    const next = removals().find(({ id }) => !running.has(id))
    if (closed || next === undefined) return
    timer = setTimeout(runDue, Math.min(Math.max(0, next.dueAt - clock()), LONGEST_TIMER_MS))
    timer.unref()
  }

  function runDue(): void {
    for (const removal of removals())
      if (removal.dueAt <= clock() && !running.has(removal.id)) run(removal).catch(unlessVault)
    schedule()
  }

  return {
    async remove(id, issuer, forget) {
      const removal = { id, issuer, attempts: 0, dueAt: clock() }
      state.transaction(() => {
        put.run(id, issuer, 0, clock())
        forget()
      })
      return run(removal)
    },
    start: runDue,
    async close() {
      closed = true
      clearTimeout(timer)
      await Promise.allSettled(running.values())
    },
  }
}

/** A locked vault in the background: the next attempt is set. */
function unlessVault(error: unknown): void {
  if (!isWarderError(error)) throw error
}
