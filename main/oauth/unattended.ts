import { isWarderError, WarderError } from '../errors.ts'
import type { Config } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { requestClientCredentials } from './client-credentials.ts'
import { frozen, signInNeeded } from './grant-errors.ts'
import { isOfKind } from './grant-kind.ts'
import type { GrantRow, Repository } from './repository.ts'
import { grantKey, grantLabel, readSealed, type SealedGrant } from './sealed-grant.ts'
import { exchangeToken } from './token-exchange.ts'
import type { Tokens } from './token-requests.ts'
import type { AccessToken } from './types.ts'
import type { Party } from './wire.ts'

/** A grant's item that says how its tokens are asked for, again and again, without a person. */
export type Unattended = SealedGrant & { readonly asks: NonNullable<SealedGrant['asks']> }

export const isUnattended = (sealed: SealedGrant): sealed is Unattended => sealed.asks !== undefined

/** Who signed in, as the vault has it. */
export function kindOf({ asks }: SealedGrant): GrantRow['kind'] {
  if (asks === undefined) return 'person'
  return asks.grantType === 'client_credentials' ? 'service' : 'exchange'
}

/** The grant whose end is the end of this one, as the vault has it. */
export const subjectOf = ({ asks }: SealedGrant): string | null =>
  asks?.grantType === 'token-exchange' ? asks.subject : null

type Named = Pick<GrantRow, 'server' | 'account'>

/** Asks for the token of a grant that nobody signs in for: the first one, and each one after it. */
export interface UnattendedRequests {
  /**
   * @param party the provider and the client that the item is bound to
   * @throws WarderError `oauth.client_refused`, naming the secret; `oauth.client_key`, `grant.*` of the account whose
   *   token is exchanged; `oauth.token_refused`, `oauth.provider_unavailable`, `vault.*`, `net.*`
   */
  ask(row: Named, sealed: Unattended, party: Party): Promise<Tokens>
  /** The item of a grant whose token is to be exchanged. @throws WarderError `grant.sign_in_needed`, `vault.*` */
  subject(id: string): Promise<{ readonly row: GrantRow; readonly sealed: SealedGrant }>
}

export function createUnattendedRequests(options: {
  readonly repository: Repository
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly accessToken: (grant: string) => Promise<AccessToken>
  readonly choices: () => Pick<Config, 'servers'>
  readonly clock: () => number
}): UnattendedRequests {
  const { repository, clock } = options

  async function subject(id: string) {
    const row = repository.grant(id)
    const sealed =
      row === null
        ? null
        : await readSealed(options.vault(), grantKey(id), grantLabel(row), options.knownSecrets)
    // An exchange of an exchange could go round in a circle, each waiting for the other.
    if (
      row === null ||
      sealed === null ||
      row.kind === 'exchange' ||
      !isOfKind(options.choices().servers, row)
    )
      throw new WarderError(
        'grant.sign_in_needed',
        'The account whose token is to be exchanged is not there: connect its server first.',
      )
    return { row, sealed }
  }

  /** The subject token goes back to where it came from, and nowhere else. */
  async function subjectToken(row: Named, id: string, sealed: Unattended): Promise<string> {
    // Also before: what is not exchanged is not renewed for it either.
    await subject(id)
    const { value } = await options.accessToken(id)
    const from = await subject(id)
    if (
      from.sealed.issuer !== sealed.issuer ||
      from.sealed.tokenEndpoint !== sealed.tokenEndpoint ||
      from.row.issuer !== sealed.issuer
    )
      throw frozen(row)
    checkKey(row, sealed, from.sealed)
    return value
  }

  return {
    subject,
    async ask(row, sealed, party) {
      const { asks, resource } = sealed
      const { scopes } = asks
      try {
        return asks.grantType === 'client_credentials'
          ? await requestClientCredentials(party, { resource, scopes }, clock)
          : await exchangeToken(
              party,
              { resource, scopes, subjectToken: await subjectToken(row, asks.subject, sealed) },
              clock,
            )
      } catch (error) {
        throw withSecretNamed(error, sealed)
      }
    },
  }
}

/** A bound token is shown with a proof of its own key or not at all (RFC 9449 §4.3). */
function checkKey(row: Named, { dpopKey }: SealedGrant, from: SealedGrant): void {
  if (from.dpopKey === null || from.dpopKey.d === dpopKey?.d) return
  throw signInNeeded(row, 'The account whose token it is exchanged for has another key now.')
}

/** Whoever reads it has one thing to mend, so it has a name. */
function withSecretNamed(error: unknown, { clientSecret, clientId }: SealedGrant): unknown {
  if (!isWarderError(error, 'oauth.client_refused') && !isWarderError(error, 'oauth.client_key'))
    return error
  const name = clientSecret?.startsWith('secret:') ? clientSecret.slice('secret:'.length) : null
  const mend =
    name === null
      ? `The client is ${clientId}.`
      : `The client ${clientId} signs in with the secret ${name}: if it is over or wrong, set it again with \`warder secret set ${name}\`.`
  return new WarderError(error.code, `${error.message} ${mend}`, {
    cause: error.cause,
    ...(error.details === undefined ? {} : { details: error.details }),
  })
}
