import { WarderError } from '../errors.ts'
import type { Quirk } from '../store/quirks.ts'

const MOST = 100
/** RFC 6749 §3.3, scope-token. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/

/**
 * Scope tokens from outside, before any of them reaches a URL or a screen.
 *
 * @param where names the document in the message
 * @throws WarderError `oauth.metadata_invalid` where one is not a scope-token, or there are more than 100
 */
export function checkScopes(scopes: readonly string[], where: string): readonly string[] {
  if (scopes.length > MOST || !scopes.every((scope) => scopeToken.test(scope)))
    throw new WarderError(
      'oauth.metadata_invalid',
      `${where} names scopes that RFC 6749 §3.3 does not allow, or more than ${MOST}.`,
    )
  return [...new Set(scopes)]
}

/** A space-separated scope string as tokens; empty for none. */
export function splitScope(scope: string | undefined): string[] {
  return (scope ?? '').split(' ').filter((part) => part !== '')
}

/**
 * The scopes to ask for: what the server definition says and nothing else; otherwise those of the challenge, else those
 * of the protected resource metadata (MCP 2026-07-28, Scope Selection Strategy), and with them what naming the account
 * and renewing the grant take, where the provider offers it.
 */
export function chooseScopes(wanted: {
  readonly configured: readonly string[] | undefined
  readonly resource: readonly string[]
  readonly provider: readonly string[]
  readonly quirks: readonly Quirk[]
}): readonly string[] {
  if (wanted.configured !== undefined)
    return checkScopes(wanted.configured, 'The server definition')
  const offered = (scope: string) => wanted.provider.includes(scope)
  // Without `email` most OpenID providers name the account by an opaque subject only.
  const naming = offered('openid') ? ['openid', 'email'].filter(offered) : []
  const renewable = !wanted.quirks.includes('no-refresh-token')
  const renewing = renewable ? ['offline_access'].filter(offered) : []
  return [...new Set([...wanted.resource, ...naming, ...renewing])]
}

/** Asked for on our own account. Whether they were granted shows in the grant itself, and many providers list none of them. */
const ours = new Set(['openid', 'email', 'offline_access'])

/**
 * What was asked for on the server's behalf and not granted. A person may grant less than asked, and the provider has to
 * say so (RFC 6749 §5.1).
 *
 * @param granted null where the provider says that it granted what was asked
 */
export function withheldScopes(
  asked: readonly string[],
  granted: readonly string[] | null,
): readonly string[] {
  if (granted === null) return []
  return asked.filter((scope) => !granted.includes(scope) && !ours.has(scope))
}
