import { WarderError } from '../errors.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import type { Provider } from './metadata.ts'
import { takesDocuments } from './registration.ts'
import type { Repository } from './repository.ts'

/** What decides among several authorization servers of one resource (RFC 9728 §7.6 leaves it to the client). */
export interface IssuerChoice {
  /** Named by the person for this sign-in. */
  readonly asked?: string | undefined
  /** Of those listed, the one where Warder is known already. */
  readonly known: (listed: readonly string[]) => string | undefined
  /** True where Warder can become a client of this provider by itself. */
  readonly canEnrol: (provider: Provider) => boolean
}

/** The server's own accounts count before registrations that other servers led to. */
export function issuerChoice(
  repository: Pick<Repository, 'grants' | 'registrations'>,
  server: string,
  asked: string | undefined,
  { clientMetadataUrl }: { readonly clientMetadataUrl?: string | undefined },
): IssuerChoice {
  return {
    asked,
    known(listed) {
      const accounts = repository.grants().filter((grant) => grant.server === server)
      return (
        accounts.find(({ issuer }) => listed.includes(issuer))?.issuer ??
        listed.find((issuer) => repository.registrations(issuer).length > 0)
      )
    },
    canEnrol: (provider) =>
      provider.registration_endpoint !== undefined ||
      (clientMetadataUrl !== undefined && takesDocuments(provider)),
  }
}

/**
 * What a profile says about the provider holds for the servers that name it, and for those that name none.
 *
 * @param listed `authorization_servers` of the protected resource metadata
 * @throws WarderError `oauth.issuer_not_listed`
 */
export function agreedIssuers(
  listed: readonly string[],
  { issuer, quirks }: Pick<ProviderProfile, 'issuer' | 'quirks'>,
): readonly string[] {
  if (issuer === undefined) return listed
  // A server of many tenants names their shared address; the person's tenant lives at the same origin.
  const isTenant =
    quirks.includes('tenant-must-be-named') && listed.some((one) => sameOrigin(one, issuer))
  if (listed.length > 0 && !listed.includes(issuer) && !isTenant)
    throw notListed(`The profile of this server names the provider ${issuer}`, listed)
  return [issuer]
}

/**
 * The issuers to try, in this order. A further one is for where Warder cannot become a client of the one before, never
 * for where that one failed: whoever can make one fail would choose the other.
 *
 * @param agreed not empty
 * @throws WarderError `oauth.issuer_not_listed`; `oauth.issuer_choice` where a client that was registered by hand could
 *   belong to several
 */
export function issuersToTry(
  agreed: readonly string[],
  { clientId }: Pick<ProviderProfile, 'clientId'>,
  choice: IssuerChoice,
): readonly string[] {
  const { asked } = choice
  if (asked !== undefined) {
    if (!agreed.includes(asked)) throw notListed(`You asked for the provider ${asked}`, agreed)
    return [asked]
  }
  const known = choice.known(agreed)
  if (known !== undefined) return [known]
  if (agreed.length === 1 || clientId === undefined) return agreed
  throw new WarderError(
    'oauth.issuer_choice',
    `The server names several providers, and the client ID in its definition belongs to one of them: ${agreed.join(', ')}. Say which one with --issuer.`,
    { details: { issuers: agreed } },
  )
}

const sameOrigin = (a: string, b: string) => URL.parse(a)?.origin === URL.parse(b)?.origin

const notListed = (what: string, issuers: readonly string[]) =>
  new WarderError(
    'oauth.issuer_not_listed',
    `${what}, but the server takes sign-ins at ${issuers.join(', ')} only.`,
    { details: { issuers } },
  )
