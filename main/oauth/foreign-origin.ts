import { WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { profileOf } from '../servers/providers.ts'
import type { ProviderProfile, RemoteServer } from '../store/config-schema.ts'
import { issuerChoice } from './choose-issuer.ts'
import { type Discovered, discover } from './discovery.ts'
import type { ForeignGrant } from './foreign-grant.ts'
import type { Provider } from './metadata.ts'
import type { Repository } from './repository.ts'

export interface ForeignServer {
  readonly name: string
  readonly definition: RemoteServer
}

/** Where the tokens of a foreign grant came from, found anew: the only place that they may go to. */
export interface Origin {
  readonly policy: UrlPolicy
  readonly fetch: Fetch
  readonly profile: ProviderProfile
  readonly discovered: Discovered
  /**
   * True where the file bears the issuer out. False: only the server names it, today, and a server that was taken over
   * names whom it likes; nothing of the file goes there before a person has seen that name.
   */
  readonly borneOut: boolean
}

/**
 * What shows that a foreign grant is of a server. `server`: the program says so, in words or as a hash; `issuer`: it says
 * only who issued it.
 *
 * @throws WarderError `import.other_server`; nobody was asked then
 */
export function evidenceFor(foreign: ForeignGrant, server: ForeignServer): 'server' | 'issuer' {
  const { url } = server.definition
  if (foreign.serverUrl !== null) {
    if (isSameUrl(foreign.serverUrl, url)) return 'server'
    throw otherServer(foreign, server, `it is of ${foreign.serverUrl}`)
  }
  if (foreign.isOf(url)) return 'server'
  if (foreign.issuer !== null || foreign.tokenEndpoint !== null) return 'issuer'
  throw otherServer(foreign, server, 'nothing in the file shows that it is of this server')
}

/**
 * Discovery as at a sign-in. A provider that is not the one that the program names is refused before it is sent anything:
 * a token never goes to another place than where it came from.
 *
 * @throws WarderError `import.other_server`, and as {@link discover}
 */
export async function findOrigin(
  foreign: ForeignGrant,
  server: ForeignServer,
  options: {
    readonly repository: Repository
    readonly fetch: (policy: UrlPolicy) => Fetch
    readonly documents: DocumentCache
    readonly providers: () => Readonly<Record<string, ProviderProfile>>
  },
): Promise<Origin> {
  evidenceFor(foreign, server)
  const policy = urlPolicyOf(server.definition)
  const fetch = options.fetch(policy)
  const profile = profileOf(options.providers(), server.definition)
  const usual = issuerChoice(options.repository, server.name, undefined, {})
  const { issuer, tokenEndpoint } = foreign
  const discovered = await discover(fetch, policy, profile, {
    read: options.documents.asked,
    choice: {
      known: (listed) =>
        issuer === null ? usual.known(listed) : listed.find((one) => isSameUrl(one, issuer)),
      // The client is there already: nobody has to register.
      canEnrol: () => true,
    },
  })
  const { provider } = discovered
  if (issuer !== null && !isSameUrl(issuer, provider.issuer))
    throw otherServer(foreign, server, `${issuer} issued it, and not ${provider.issuer}`)
  if (tokenEndpoint !== null && !isSameUrl(tokenEndpoint, provider.token_endpoint))
    throw otherServer(
      foreign,
      server,
      `it came from ${tokenEndpoint}, and not from ${provider.token_endpoint}`,
    )
  return { policy, fetch, profile, discovered, borneOut: bearsOut(foreign, provider) }
}

/**
 * Whoever writes metadata may name the token endpoint of another in it, beside a revocation endpoint of their own (RFC
 * 8414 §2): the file's token endpoint speaks only for an issuer at the same origin.
 */
function bearsOut({ issuer, tokenEndpoint }: ForeignGrant, provider: Provider): boolean {
  if (issuer !== null) return true
  return (
    tokenEndpoint !== null &&
    URL.parse(tokenEndpoint)?.origin === URL.parse(provider.issuer)?.origin
  )
}

/** Programs differ in how they write the same URL: case of the host, a slash for no path. */
function isSameUrl(one: string, other: string): boolean {
  const parsed = URL.parse(one)
  return parsed !== null && parsed.href === URL.parse(other)?.href
}

const otherServer = ({ program }: ForeignGrant, { name }: ForeignServer, why: string) =>
  new WarderError(
    'import.other_server',
    `What ${program} keeps does not belong to ${name}: ${why}. It was sent nowhere.`,
  )
