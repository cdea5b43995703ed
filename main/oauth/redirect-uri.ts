import { createHash } from 'node:crypto'
import { WarderError } from '../errors.ts'

/**
 * The port of redirect URIs that are registered once and for all (client ID metadata document, clients registered by
 * hand): providers compare the whole string, so it cannot be chosen anew for each sign-in.
 */
const FIXED_PORT = 47_811

/** The redirect URI of Warder's client ID metadata document, which all issuers share. */
export const documentRedirectUri = `http://127.0.0.1:${FIXED_PORT}/callback`

/** Where the callback listener has to stand. */
export interface ListeningPlace {
  /** `127.0.0.1`, `[::1]` or `localhost`, as the redirect URI spells it. */
  readonly host: string
  /** 0: any free one (RFC 8252 §7.3). */
  readonly port: number
  readonly path: string
}

/** The path is the issuer's own, so that no other provider's answer arrives there (RFC 8252 §8.10). */
function pathOf(issuer: string): string {
  return `/cb/${createHash('sha256').update(issuer).digest('hex').slice(0, 16)}`
}

/** What to register by hand at an issuer where the person names no redirect URI of their own. */
export function fixedRedirectUri(issuer: string): string {
  return `http://127.0.0.1:${FIXED_PORT}${pathOf(issuer)}`
}

/** Where a client that was registered by hand may be answered, in the order to try. */
export function registeredPlaces(
  issuer: string,
  redirectUri: string | undefined,
  ports: readonly number[],
): ListeningPlace[] {
  if (ports.length === 0) return [placeOf(redirectUri ?? fixedRedirectUri(issuer))]
  return ports.map((port) => ({ ...freshPlace(issuer), port }))
}

/** For a registration that is still to be made: any port, the issuer's path. */
export function freshPlace(issuer: string): ListeningPlace {
  return { host: '127.0.0.1', port: 0, path: pathOf(issuer) }
}

/**
 * The place of a registered redirect URI. A loopback URI without a port stands for every port (RFC 8252 §7.3).
 *
 * @throws WarderError `oauth.registration_needed` for what no listener of ours can receive
 */
export function placeOf(redirectUri: string): ListeningPlace {
  const match =
    /^http:\/\/(?<host>127\.0\.0\.1|\[::1\]|localhost)(?::(?<port>[1-9]\d{0,4}))?(?<path>\/[A-Za-z0-9._~/-]*)?$/.exec(
      redirectUri,
    )
  const { host, port, path } = match?.groups ?? {}
  if (host === undefined || Number(port ?? 0) > 65_535)
    throw new WarderError(
      'oauth.registration_needed',
      'The redirect URI in the server definition is not one that Warder can listen on: use http://127.0.0.1:PORT/PATH.',
    )
  return { host, port: Number(port ?? 0), path: path ?? '/' }
}
