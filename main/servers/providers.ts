import { WarderError } from '../errors.ts'
import {
  type Config,
  isRemote,
  type ProviderProfile,
  type RemoteServer,
} from '../store/config-schema.ts'
import { quirks } from '../store/quirks.ts'
import type { SecretBinding } from '../vault/secrets.ts'
import { destination, pick, quote, quoteAll, secretsOf } from './servers.ts'

type Providers = Readonly<Record<string, ProviderProfile>>

/**
 * What a sign-in at a server goes by: the profile that the server names, with the server's own words over it. A client is
 * one thing with its secret, and a redirect URI one with its ports: they come from one of the two, never half from each.
 *
 * @throws WarderError `provider.unknown`
 */
export function profileOf(
  providers: Providers,
  { provider, oauth = {} }: Pick<RemoteServer, 'provider' | 'oauth'>,
): ProviderProfile {
  const profile = provider === undefined ? { quirks: [] } : pickProvider(providers, provider)
  const { redirectUri, ports, ...others } = profile
  const { clientId, clientSecret, tokenEndpointAuthMethod, privateKey, ...shared } = others
  const { exchange: _, ...own } = oauth
  const ownClient = [own.clientId, own.clientSecret, own.privateKey].some(
    (member) => member !== undefined,
  )
  return {
    ...shared,
    ...(ownClient ? {} : given({ clientId, clientSecret, tokenEndpointAuthMethod, privateKey })),
    ...(own.redirectUri === undefined ? given({ redirectUri, ports }) : {}),
    ...given(own),
  }
}

function given<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

/** @throws WarderError `provider.unknown` naming the profiles there are */
export function pickProvider(providers: Providers, name: string): ProviderProfile {
  const profile = Object.hasOwn(providers, name) ? providers[name] : undefined
  if (profile !== undefined) return profile
  const known = Object.keys(providers).sort().join(', ')
  throw new WarderError(
    'provider.unknown',
    `There is no provider profile ${name}. ${known ? `There are: ${known}.` : 'There is none yet.'}`,
  )
}

/** The vault secret that a profile refers to, or null. */
export const secretOf = ({ clientSecret, privateKey }: ProviderProfile): string | null =>
  (clientSecret ?? privateKey)?.slice('secret:'.length) ?? null

/**
 * Where a profile's client secret may go: to the provider, whichever of the profile's servers is signed in to. Another
 * issuer, or metadata from another place, holds it back.
 */
export function providerBinding(
  name: string,
  { issuer, metadataUrl }: Pick<ProviderProfile, 'issuer' | 'metadataUrl'>,
): SecretBinding {
  const where = metadataUrl === undefined ? '' : ` metadata:${metadataUrl}`
  return { server: `provider:${name}`, destination: `issuer:${issuer ?? ''}${where}` }
}

/**
 * What the secret of a server's OAuth client has to be bound to, so that it may be sent to an issuer.
 *
 * @throws WarderError `server.unknown`, `provider.unknown`
 */
export function clientSecretBinding(
  config: Pick<Config, 'servers' | 'providers'>,
  secret: { readonly name: string; readonly server: string; readonly issuer: string },
): SecretBinding {
  const { name, definition } = pick(config.servers, secret.server)
  const provider = isRemote(definition) ? definition.provider : undefined
  if (provider === undefined || secretsOf(definition).includes(secret.name))
    return { server: name, destination: destination(definition) }
  const { metadataUrl } = pickProvider(config.providers, provider)
  return providerBinding(provider, { issuer: secret.issuer, metadataUrl })
}

/**
 * A profile in plain lines for the person who is asked about it: whatever differs between two profiles differs here.
 */
export function describeProvider(name: string, profile: ProviderProfile): string[] {
  const secret = secretOf(profile)
  const say = <T>(value: T | undefined, line: (value: T) => string) =>
    value === undefined ? [] : [line(value)]
  return [
    profile.issuer === undefined
      ? `${name} speaks of whichever provider a server names`
      : `${name} is the provider ${quote(profile.issuer)}; a server that names others only is refused`,
    ...say(profile.preset, (preset) => `was made from the preset ${preset}`),
    ...say(profile.metadataUrl, (url) => `its metadata is read from ${quote(url)}`),
    ...say(profile.clientId, (id) => `it knows Warder as ${quote(id)}`),
    ...say(profile.clientSecret, () => `it gets the secret ${secret}`),
    ...say(profile.tokenEndpointAuthMethod, (method) => `the secret is sent by ${method}`),
    ...say(profile.privateKey, () => `it is shown signatures with the key ${secret}`),
    ...say(profile.resource, (uri) => `it is asked for tokens for ${quote(uri)}`),
    ...say(profile.audience, (audience) => `it is asked for the audience ${quote(audience)}`),
    ...say(profile.scopes, (scopes) => `it is asked for ${quoteAll(scopes)}`),
    ...Object.entries(profile.authorizeParams ?? {}).map(
      ([parameter, value]) => `it is sent ${parameter}=${quote(value)}`,
    ),
    ...say(profile.redirectUri, (uri) => `it answers at ${quote(uri)}`),
    ...say(profile.ports, (ports) => `it answers at one of the ports ${ports.join(', ')}`),
    ...say(profile.claims?.account, (claim) => `accounts there are named by ${quote(claim)}`),
    ...say(profile.claims?.organisation, (claim) => `their organisation is ${quote(claim)}`),
    ...profile.quirks.map((quirk) => `exception ${quirk}: ${quirks[quirk].known}`),
    ...say(profile.revokePage, (url) => `access is taken back at ${quote(url)}`),
    ...(profile.revocationEndsEveryGrant
      ? ['revoking one token there ends every grant of the account']
      : []),
  ]
}
