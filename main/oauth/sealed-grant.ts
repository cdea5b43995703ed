import { z } from 'zod'
import { WarderError } from '../errors.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import { quirkNames } from '../store/quirks.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { dpopKeySchema } from './dpop.ts'

/**
 * The vault item of a grant. The token lies together with everything that decides where it may go, so that whoever
 * edits the state database cannot send it elsewhere.
 */
const sealedGrant = z.object({
  v: z.literal(1),
  serverUrl: z.string(),
  allowPrivateNetwork: z.union([z.boolean(), z.array(z.string()).readonly()]),
  resource: z.string(),
  issuer: z.string(),
  tokenEndpoint: z.string(),
  revocationEndpoint: z.string().nullable(),
  introspectionEndpoint: z.string().nullable().default(null),
  clientId: z.string(),
  redirectUri: z.string(),
  authMethod: z.enum(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']),
  /** `registration:ID` in this vault, `secret:NAME` of the user, or null for a public client. */
  clientSecret: z.string().nullable(),
  /** The server whose definition refers to the secret, where that is another one than the grant's. */
  secretOf: z.string().optional(),
  /** Of client assertions, as the provider listed them. */
  signingAlgorithms: z.array(z.string()).optional(),
  refreshToken: z.string().nullable(),
  /** Only where there is no refresh token, or in an item that is kept for revocation alone. */
  accessToken: z.string().nullable(),
  /** Of `accessToken`; null where the provider did not say. Milliseconds since the epoch. */
  expiresAt: z.number().nullable(),
  /** What the profile of the sign-in said; an item without is of a sign-in without a profile. */
  metadataUrl: z.string().nullable().default(null),
  quirks: z.array(z.enum(quirkNames)).default([]),
  revokePage: z.string().nullable().default(null),
  revocationEndsEveryGrant: z.boolean().default(false),
  /** How often the provider issued tokens for one that it said it had revoked. */
  minted: z.number().default(0),
  /** How often its introspection endpoint called a refresh token active that it said it had revoked. */
  seenActive: z.number().default(0),
  /** What its tokens are bound to (RFC 9449); null for bearer tokens. */
  dpopKey: dpopKeySchema.nullable().default(null),
  /** How tokens are asked for where no person signs in; without it a refresh token is all that renews. */
  asks: z
    .discriminatedUnion('grantType', [
      z.object({ grantType: z.literal('client_credentials'), scopes: z.array(z.string()) }),
      z.object({
        grantType: z.literal('token-exchange'),
        scopes: z.array(z.string()),
        /** The grant whose access token is the subject token. */
        subject: z.string(),
      }),
    ])
    .optional(),
})

export type SealedGrant = z.output<typeof sealedGrant>

/** Where requests on behalf of the grant may go: as it was when the person signed in. */
export const policyOf = (sealed: SealedGrant): UrlPolicy => ({
  serverUrl: sealed.serverUrl,
  allowPrivateNetwork: sealed.allowPrivateNetwork,
})

/** What masks and messages call it. */
export const grantLabel = (row: { readonly server: string; readonly account: string }) =>
  `grant:${row.server}/${row.account}`

export const grantKey = (id: string) => `grant:${id}`
export const revokeKey = (id: string) => `revoke:${id}`

/**
 * @returns null where the vault never had the item
 * @throws WarderError `vault.*`
 */
export async function readSealed(
  vault: SecretStore,
  key: string,
  label: string,
  knownSecrets: KnownSecrets,
): Promise<SealedGrant | null> {
  const text = await vault.get(key)
  if (text === null) return null
  const parsed = sealedGrant.safeParse(jsonOrNull(text))
  // The item itself is no cause: it is the secret.
  if (!parsed.success)
    throw new WarderError('vault.locked_or_missing', `The vault item of ${label} is damaged.`)
  if (parsed.data.refreshToken) knownSecrets.add(`${label} refresh token`, parsed.data.refreshToken)
  if (parsed.data.accessToken) knownSecrets.add(`${label} access token`, parsed.data.accessToken)
  if (parsed.data.dpopKey) knownSecrets.add(`${label} DPoP key`, parsed.data.dpopKey.d)
  return parsed.data
}

/** Resolves once the item was stored and read back. @throws WarderError `vault.*` */
export function writeSealed(vault: SecretStore, key: string, sealed: SealedGrant): Promise<void> {
  return vault.set(key, JSON.stringify(sealed))
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
