import { isWarderError, toWarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { profileOf } from '../servers/providers.ts'
import type { ProviderProfile, RemoteServer } from '../store/config-schema.ts'
import { issuerChoice } from './choose-issuer.ts'
import { offersDeviceFlow } from './device.ts'
import { discover } from './discovery.ts'
import type { Provider } from './metadata.ts'
import { probe } from './probe.ts'
import { takesDocuments } from './registration.ts'
import type { Repository } from './repository.ts'
import { chooseScopes } from './scopes.ts'
import type { Preflight, PreflightFound } from './seen-from-outside.ts'

interface Options {
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly documents: Pick<DocumentCache, 'asked'>
  readonly repository: Pick<Repository, 'grants' | 'registrations'>
  readonly settings: () => { readonly clientMetadataUrl?: string | undefined }
  readonly providers: () => Readonly<Record<string, ProviderProfile>>
}

/**
 * Looks at a server before it is added: what a sign-in would find, without one. Nothing is registered, kept or opened.
 *
 * @throws WarderError `net.*` where the server itself cannot be asked
 */
export function createPreflight(options: Options) {
  return async (definition: RemoteServer): Promise<Preflight> => {
    const policy = urlPolicyOf(definition)
    checkUrl(policy.serverUrl, 'server_url', policy)
    const fetch = options.fetch(policy)
    const { status } = await probe(fetch, policy.serverUrl)
    if (status !== 401)
      return { asks: withoutChallenge(status), status, found: null, problem: null }
    try {
      return {
        asks: 'sign-in',
        status,
        found: await find(definition, policy, fetch),
        problem: null,
      }
    } catch (error) {
      const problem = toWarderError(error)
      // It names nobody to sign in to: a key of the person's own is what such servers take.
      const asks = isWarderError(problem, 'oauth.metadata_invalid') ? 'key' : 'sign-in'
      return { asks, status, found: null, problem }
    }
  }

  async function find(
    definition: RemoteServer,
    policy: UrlPolicy,
    fetch: Fetch,
  ): Promise<PreflightFound> {
    const profile = profileOf(options.providers(), definition)
    const choice = issuerChoice(options.repository, '', undefined, options.settings())
    const read = options.documents.asked
    const { provider, resource, otherIssuers } = await discover(
      fetch,
      policy,
      { ...profile, withoutRedirect: false },
      { read, choice },
    )
    return {
      issuer: provider.issuer,
      otherIssuers,
      resource: resource.resource,
      scopes: chooseScopes({
        configured: profile.scopes,
        resource: resource.scopes,
        provider: provider.scopes_supported ?? [],
        quirks: profile.quirks,
      }),
      registration: registrationAt(provider, options.settings().clientMetadataUrl),
      device: offersDeviceFlow(provider),
      services: provider.grant_types_supported?.includes('client_credentials') ?? false,
      revocation: provider.revocation_endpoint !== undefined,
      introspection: provider.introspection_endpoint !== undefined,
    }
  }
}

/** A server that checks authorization answers 401 before it reads; 400 is what one with sessions says to a stray message. */
function withoutChallenge(status: number): Preflight['asks'] {
  if ((status >= 200 && status < 300) || status === 400) return 'nothing'
  return status === 403 ? 'key' : 'unknown'
}

function registrationAt(
  provider: Provider,
  clientMetadataUrl: string | undefined,
): PreflightFound['registration'] {
  if (clientMetadataUrl !== undefined && takesDocuments(provider)) return 'document'
  return provider.registration_endpoint === undefined ? 'by-hand' : 'dynamic'
}
