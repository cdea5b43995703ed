import { WarderError } from '../errors.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { Discovered } from './discovery.ts'
import { bindsTokens, createDpopKey, type Dpop, type DpopKey, openDpop } from './dpop.ts'
import type { Repository } from './repository.ts'

interface SignInKeyOptions {
  readonly repository: Pick<Repository, 'grants'>
  readonly knownSecrets: KnownSecrets
  readonly clock: () => number
}

/**
 * The key of a grant that is about to be, where its tokens are to be bound. It is older than the grant: the very first
 * request already names it (RFC 9449 §10).
 *
 * @param subjectKey what the token is bound to that is exchanged for the first one. A request has one proof (RFC 9449
 *   §4.3), and that token needs it, so what comes of it is bound to the same key.
 * @throws WarderError `oauth.dpop_unsupported`
 */
export function createSignInKeys({ repository, knownSecrets, clock }: SignInKeyOptions) {
  return function keyFor(
    server: string,
    { provider, resource }: Pick<Discovered, 'provider' | 'resource'>,
    { quirks }: ProviderProfile,
    subjectKey: DpopKey | null = null,
  ): Dpop | undefined {
    const bound = repository
      .grants()
      .some((row) => row.server === server && row.state !== 'revoking' && row.bound === 'dpop')
    // No provider binds ID tokens, so there a proof would prove nothing.
    const usable = resource.dpop.usable && !quirks.includes('id-token-as-bearer')
    const wish = { ...resource.dpop, usable }
    if (subjectKey !== null) {
      if (!wish.asked) throw unboundResource(server)
      bindsTokens({ ...wish, required: true }, provider, true)
      return openDpop(subjectKey, clock)
    }
    if (!bindsTokens(wish, provider, bound)) return undefined
    const key = createDpopKey()
    knownSecrets.add(`sign-in:${server} DPoP key`, key.d)
    return openDpop(key, clock)
  }
}

/** Of a bound token only bound ones are made: else whoever steals the second one has what the first one keeps back. */
const unboundResource = (server: string) =>
  new WarderError(
    'oauth.dpop_unsupported',
    `The token that is to be exchanged is bound to a key (DPoP, RFC 9449), and ${server} does not say that it takes such tokens, so it was shown to nobody.`,
  )
