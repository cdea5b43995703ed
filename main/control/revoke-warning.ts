import type { Grant } from '../oauth/types.ts'
import { profileOf } from '../servers/providers.ts'
import { type Config, isRemote } from '../store/config-schema.ts'

/** What revoking an account does beyond it, for a person to read before they agree; null where it does nothing more. */
export function revokeWarning(
  { servers, providers }: Config,
  { server, issuer }: Pick<Grant, 'server' | 'issuer'>,
): string | null {
  const definition = Object.hasOwn(servers, server) ? servers[server] : undefined
  if (definition === undefined || !isRemote(definition)) return null
  return endsEveryGrant(providers, definition)
    ? `The provider ${issuer} ends every grant of this account to the same client: other servers signed in with it have to sign in again.`
    : null
}

/** A definition whose profile is gone, or waits for approval, says nothing. */
function endsEveryGrant(...about: Parameters<typeof profileOf>): boolean {
  try {
    return profileOf(...about).revocationEndsEveryGrant ?? false
  } catch {
    return false
  }
}
