import path from 'node:path'
import { startProvider } from '../identity-provider/start.ts'
import type { IdentityProvider } from '../identity-provider/types.ts'
import { type BetterAuthOptions, settings } from './settings.ts'

export type { BetterAuthOptions } from './settings.ts'

/**
 * better-auth in a child process, an identity provider by other authors: its issuer has a path, its access tokens are
 * JWTs, which outlive their revocation at whoever checks the signature only, and it has no client metadata documents.
 * The test run installs its packages.
 */
export function startBetterAuth(options: BetterAuthOptions = {}): Promise<IdentityProvider> {
  return startProvider({
    kind: 'better-auth',
    program: path.join(import.meta.dirname, 'program.ts'),
    settings: settings.parse(options),
  })
}
