import { randomUUID } from 'node:crypto'
import { oauthDeviceAuthorization, oauthProvider } from '@better-auth/oauth-provider'
import { type Auth, betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { getAuthTables } from 'better-auth/db'
import { jwt } from 'better-auth/plugins'
import { accountPassword, accounts } from '../identity-provider/types.ts'
import type { BetterAuthSettings } from './settings.ts'

export interface Lab {
  readonly auth: Auth
  /** Cookies of a person who may administer resources. */
  readonly administrator: Headers
  clientName(id: string): string | undefined
  /** Name or ID of the client that a person's code was given to (RFC 8628). */
  deviceClient(userCode: string): string
}

/** better-auth with an empty database in memory and the people of the lab signed up. */
export async function createAuth(origin: string, settings: BetterAuthSettings): Promise<Lab> {
  const made = [...settings.clients]
  const options = {
    ...common(origin),
    plugins: [
      jwt(),
      oauthProvider({ ...provider(settings), ...identifiersOf(made) }),
      oauthDeviceAuthorization({ interval: '1s', expiresIn: `${settings.deviceCodeTtl}s` }),
    ],
  }
  const tables = Object.fromEntries(
    Object.values(getAuthTables(options)).map(({ modelName }) => [
      modelName,
      [] as Record<string, unknown>[],
    ]),
  )
  const auth = betterAuth({ ...options, database: memoryAdapter(tables) })
  let administrator = new Headers()
  for (const [name, email] of Object.entries(accounts)) {
    const body = { name, email, password: accountPassword }
    const { headers } = await auth.api.signUpEmail({ body, returnHeaders: true })
    administrator = new Headers({ cookie: headers.getSetCookie().map(cookiePair).join('; ') })
  }
  // An account is named after its address only where somebody has proven it to be theirs.
  for (const user of tables.user ?? []) user.emailVerified = true
  for (const { client_id: _id, client_secret: _secret, ...metadata } of settings.clients) {
    await auth.api.adminCreateOAuthClient({ headers: administrator, body: metadata })
    made.shift()
  }
  const clientName = (id: string) =>
    tables.oauthClient?.find(({ clientId }) => clientId === id)?.name?.toString()
  return {
    auth,
    administrator,
    clientName,
    deviceClient(code) {
      const id = tables.deviceCode?.find(({ userCode }) => userCode === code)?.clientId
      return clientName(`${id}`) ?? `${id}`
    },
  }
}

/** It makes identifiers and secrets by itself; of the clients that are made beforehand, a test knows them. */
const identifiersOf = (made: BetterAuthSettings['clients']) => ({
  generateClientId: () => made[0]?.client_id,
  generateClientSecret: () => made[0]?.client_secret,
})

const cookiePair = (header: string) => header.split(';', 1)[0] ?? ''

function common(origin: string) {
  return {
    baseURL: origin,
    secret: randomUUID(),
    trustedOrigins: [origin],
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  }
}

function provider({ accessTokenTtl, registration }: BetterAuthSettings) {
  return {
    loginPage: '/login',
    consentPage: '/consent',
    scopes: ['openid', 'email', 'offline_access', 'mcp:read', 'mcp:write'],
    accessTokenExpiresIn: accessTokenTtl,
    allowDynamicClientRegistration: registration,
    allowUnauthenticatedClientRegistration: registration,
    // For those that the lab makes itself.
    clientPrivileges: () => true,
    // Clients register themselves and resources come later, so no client can be linked to one beforehand.
    enforcePerClientResources: false,
    rateLimit: Object.fromEntries(
      ['register', 'token', 'authorize', 'introspect', 'revoke', 'userinfo'].map((endpoint) => [
        endpoint,
        false,
      ]),
    ),
    silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
  }
}
