import { z } from 'zod'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { management } from './registration-management.ts'

/**
 * The vault item of a dynamic registration. What it holds is bound to the issuer that gave it out: it goes to no other
 * (MCP, Authorization Server Binding).
 */
const storedClient = z.object({
  issuer: z.string(),
  secret: z.string().nullable(),
  management: management.nullish(),
})
export type StoredClient = z.output<typeof storedClient>

export const registrationKey = (id: string) => `registration:${id}`
export const registrationOf = (key: string) => key.replace(/^registration:/, '')

/** @returns null where the vault holds nothing of this registration at this issuer @throws WarderError `vault.*` */
export async function readStoredClient(
  vault: SecretStore,
  id: string,
  issuer: string,
  knownSecrets: KnownSecrets,
): Promise<StoredClient | null> {
  const item = await vault.get(registrationKey(id))
  const parsed = storedClient.safeParse(jsonOrNull(item))
  if (!parsed.success || parsed.data.issuer !== issuer) return null
  note(id, parsed.data, knownSecrets)
  return parsed.data
}

/** @throws WarderError `vault.*` */
export async function writeStoredClient(
  vault: SecretStore,
  id: string,
  stored: StoredClient,
  knownSecrets: KnownSecrets,
): Promise<void> {
  note(id, stored, knownSecrets)
  await vault.set(registrationKey(id), JSON.stringify(stored))
}

/** An item that is damaged holds nothing of the registration. */
function jsonOrNull(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

/** Each registration is a kind of its own: several of one issuer live at the same time. */
function note(id: string, { issuer, secret, management }: StoredClient, known: KnownSecrets): void {
  const label = `registration:${issuer}`
  if (secret !== null) known.add(`${label} client secret`, secret, `${id} client secret`)
  if (management) known.add(`${label} access token`, management.token, `${id} access token`)
}
