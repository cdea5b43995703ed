import { isWarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import {
  type ManagedClient,
  policyOfManagement,
  readClient,
  updateClient,
} from './registration-management.ts'
import type { Registration, Repository } from './repository.ts'
import { readStoredClient, type StoredClient, writeStoredClient } from './stored-client.ts'

export interface RegistrationUpkeep {
  /**
   * What the vault holds of a registration, after the provider was asked for a new secret where the old one is over or
   * nearly so (RFC 7592 §2.1, §2.2). A provider that does not help leaves it as it was.
   *
   * @throws WarderError `vault.*`
   */
  current(id: string, issuer: string): Promise<StoredClient | null>
}

export interface RegistrationUpkeepOptions {
  readonly repository: Pick<Repository, 'registration' | 'saveRegistration'>
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly clock: () => number
}

const HOUR_MS = 3_600_000

export function createRegistrationUpkeep(options: RegistrationUpkeepOptions): RegistrationUpkeep {
  const { repository, vault, knownSecrets, clock } = options
  /** One at a time for each: a read may change the token that the next one needs (RFC 7592 §3). */
  const running = new Map<string, Promise<StoredClient | null>>()

  function endsSoon({ expiresAt, registeredAt }: Registration): boolean {
    if (expiresAt === null) return false
    const reserve = Math.min(HOUR_MS, Math.max(0, expiresAt - registeredAt) / 5)
    return expiresAt - clock() <= reserve
  }

  async function keep(registration: Registration, stored: StoredClient, told: ManagedClient) {
    const { secret, secretExpiresAt, management } = told
    const now = { ...stored, secret: secret ?? stored.secret, management }
    // A new token takes the place of the old one at the provider: stored before anything else is asked with it.
    await writeStoredClient(vault(), registration.id, now, knownSecrets)
    const expiresAt = secretExpiresAt === 0 ? null : secretExpiresAt * 1000
    const known = secret === null ? registration : { ...registration, expiresAt }
    repository.saveRegistration(known)
    return { registration: known, stored: now }
  }

  async function renewed(registration: Registration, stored: StoredClient): Promise<StoredClient> {
    const { management: managed } = stored
    if (!managed) return stored
    const { clientId } = registration
    const fetch = options.fetch(policyOfManagement(managed))
    const read = await orNull(() => readClient(fetch, managed, clientId))
    if (read === null) return stored
    const shown = await keep(registration, stored, read)
    if (!endsSoon(shown.registration)) return shown.stored
    const updated = await orNull(() => updateClient(fetch, read, clientId))
    return updated === null
      ? shown.stored
      : (await keep(shown.registration, shown.stored, updated)).stored
  }

  async function look(id: string, issuer: string): Promise<StoredClient | null> {
    const stored = await readStoredClient(vault(), id, issuer, knownSecrets)
    const registration = repository.registration(id)
    if (stored === null || registration === null || !endsSoon(registration)) return stored
    return renewed(registration, stored)
  }

  return {
    current(id, issuer) {
      const key = JSON.stringify([id, issuer])
      const begun = running.get(key) ?? look(id, issuer).finally(() => running.delete(key))
      running.set(key, begun)
      return begun
    },
  }
}

/** The old secret may still do, and if it does not, the provider says so where it is used. */
async function orNull<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (isWarderError(error) && error.code.startsWith('net.')) return null
    throw error
  }
}
