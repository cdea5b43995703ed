import { WarderError } from '../errors.ts'
import type { ProviderProfile } from '../store/config-schema.ts'

/**
 * Which provider gets the secret of a client that was registered by hand, or a signature with its key, is said by the
 * person, in the definition or its profile: were it the MCP server that says it, a hostile one would choose who learns
 * the secret (RFC 9728 §7.6, MCP 2026-07-28, Authorization Server Binding).
 *
 * @param issuer the one that the server led to
 * @throws WarderError `oauth.issuer_unnamed`
 */
export function checkNamedIssuer(
  server: string,
  profile: Pick<ProviderProfile, 'issuer' | 'clientSecret' | 'privateKey'>,
  issuer: string,
): void {
  const { clientSecret, privateKey } = profile
  if (clientSecret === undefined && privateKey === undefined) return
  if (profile.issuer === issuer) return
  const what = privateKey === undefined ? 'its client secret' : 'signatures with its private key'
  throw new WarderError(
    'oauth.issuer_unnamed',
    `${server} leads to the provider ${issuer}, and you have not said that this one may get ${what}. If you registered the client there, say so: add the server again with --issuer ${issuer}, or write it into its definition as oauth.issuer.`,
    { details: { issuer } },
  )
}
