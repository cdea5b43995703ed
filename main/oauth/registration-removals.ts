import type { Fetch } from '../net/dialer.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { State } from '../store/state.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { createAgenda, pauseAfter } from './agenda.ts'
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
  /** How a later attempt than the first one ended, which nobody waits for. */
  readonly onLater: (id: string, step: RemovalStep) => void
}

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
  const agenda = createAgenda({ clock, next: nextDue, begin: beginDue })

  const removals = (): Removal[] =>
    all.all().map((row) => ({
      id: String(row.id),
      issuer: String(row.issuer),
      attempts: Number(row.attempts),
      dueAt: Number(row.due_at),
    }))

  /** Written before the provider is asked: a crash in between counts as an attempt. */
  async function attempt({ id, issuer, attempts }: Removal): Promise<RemovalStep | null> {
    put.run(id, issuer, attempts + 1, clock() + pauseAfter(attempts))
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
      agenda.schedule()
    })
    running.set(removal.id, begun)
    return begun
  }

  function nextDue(): number | null {
    return removals().find(({ id }) => !running.has(id))?.dueAt ?? null
  }

  function beginDue(): Promise<unknown>[] {
    return removals()
      .filter(({ id, dueAt }) => dueAt <= clock() && !running.has(id))
      .map((removal) =>
        run(removal).then((step) => step !== null && options.onLater(removal.id, step)),
      )
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
    start: agenda.begin,
    async close() {
      agenda.close()
      await Promise.allSettled(running.values())
    },
  }
}
