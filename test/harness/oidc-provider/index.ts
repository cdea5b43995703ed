import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { startProvider } from '../identity-provider/start.ts'
import type { IdentityProvider } from '../identity-provider/types.ts'
import { type OidcProviderOptions, settings } from './settings.ts'

export type { OidcProviderOptions } from './settings.ts'

/**
 * panva's oidc-provider in a child process: PKCE, resource indicators, `iss` in the response, dynamic registration,
 * client ID metadata documents, revocation, introspection, rotating refresh tokens. It knows the people in `accounts`.
 */
export function startOidcProvider(options: OidcProviderOptions = {}): Promise<IdentityProvider> {
  const introspectionClient = { clientId: 'resource-server', clientSecret: randomUUID() }
  return startProvider({
    kind: 'oidc-provider',
    program: path.join(import.meta.dirname, 'program.ts'),
    settings: { ...settings.parse(options), introspectionClient },
    introspectionClient,
  })
}
