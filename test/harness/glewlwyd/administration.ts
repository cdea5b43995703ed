import { accountPassword, accounts } from '../identity-provider/types.ts'
import type { Glewlwyd } from './installation.ts'
import type { GlewlwydSettings } from './settings.ts'

const scopes = ['openid', 'offline_access', 'mcp:read', 'mcp:write']

export interface Administration {
  acceptResource(resource: string): Promise<void>
}

/** Makes scopes, people, clients and the OpenID Connect plugin through its administrators' API. */
export async function administer(
  { origin, keys }: Glewlwyd,
  issuer: string,
  settings: GlewlwydSettings,
): Promise<Administration> {
  const call = await signedInAdministrator(`${origin}/api`)
  for (const name of scopes.filter((one) => one !== 'openid'))
    await call('POST', '/scope/', { name, ...scopeAfterSignIn })
  for (const email of Object.values(accounts))
    await call('POST', '/user/?source=database', person(email))
  for (const client of settings.clients)
    await call('POST', '/client/?source=database', { enabled: true, scope: scopes, ...client })
  const resources: string[] = []
  const plugin = () => ({
    module: 'oidc',
    name: 'oidc',
    display_name: 'OIDC',
    enabled: true,
    parameters: parameters(issuer, keys, settings, resources),
  })
  await call('POST', '/mod/plugin/', plugin())
  return {
    async acceptResource(resource) {
      resources.push(resource)
      await call('PUT', '/mod/plugin/oidc', plugin())
      await call('PUT', '/mod/plugin/oidc/reset', {})
    },
  }
}

async function signedInAdministrator(api: string) {
  let cookie = ''
  async function call(method: string, path: string, body: unknown): Promise<void> {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    })
    const cookies = response.headers.getSetCookie().map((one) => one.split(';')[0])
    if (cookies.length > 0) cookie = cookies.join('; ')
    if (!response.ok)
      throw new Error(`glewlwyd: ${method} ${path}: ${response.status} ${await response.text()}`)
  }
  // What its schema starts with; nobody but this process knows the port.
  await call('POST', '/auth/', { username: 'admin', password: 'password' })
  return call
}

const scopeAfterSignIn = {
  password_required: true,
  password_max_age: 0,
  scheme: {},
  scheme_required: {},
}

const person = (email: string) => ({
  username: email,
  password: accountPassword,
  name: email.split('@')[0],
  email,
  enabled: true,
  scope: [...scopes, 'g_profile'],
})

/** Switched on: what the MCP specification asks for, and what other parts of the lab try here. */
function parameters(
  issuer: string,
  keys: Glewlwyd['keys'],
  settings: GlewlwydSettings,
  resources: readonly string[],
) {
  return {
    iss: issuer,
    'jwt-type': 'rsa',
    'jwt-key-size': '256',
    key: keys.privateKey,
    cert: keys.publicKey,
    'access-token-duration': settings.accessTokenTtl,
    'refresh-token-duration': 3600,
    'code-duration': 60,
    'refresh-token-rolling': false,
    'refresh-token-one-use': 'always',
    'allow-non-oidc': true,
    'auth-type-code-enabled': true,
    'auth-type-code-revoke-replayed': true,
    'auth-type-token-enabled': false,
    'auth-type-id-token-enabled': true,
    'auth-type-password-enabled': false,
    'auth-type-client-enabled': true,
    'auth-type-device-enabled': true,
    'auth-type-refresh-enabled': true,
    'device-authorization-expiration': settings.deviceCodeTtl,
    'device-authorization-interval': 1,
    'subject-type': 'public',
    'pkce-allowed': true,
    'pkce-required': true,
    'pkce-method-plain-allowed': false,
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    'introspection-revocation-auth-scope': [],
    'register-client-allowed': settings.registration,
    'register-client-auth-scope': [],
    'register-client-credentials-scope': [],
    'register-client-management-allowed': settings.registration,
    'register-default-properties': {},
    'register-resource-specify-allowed': true,
    'register-resource-default': resources,
    'resource-allowed': true,
    'resource-scope': Object.fromEntries(scopes.map((scope) => [scope, resources])),
    'resource-client-property': '',
    'resource-scope-and-client-property': false,
    'resource-change-allowed': false,
    'oauth-par-allowed': true,
    'oauth-par-required': settings.pushedRequestsOnly,
    'oauth-par-request_uri-prefix': 'urn:ietf:params:oauth:request_uri:',
    'oauth-par-duration': 90,
    'oauth-dpop-allowed': true,
    'oauth-dpop-iat-duration': 60,
    'oauth-dpop-nonce-mandatory': settings.dpopNonce,
    'oauth-dpop-nonce-counter': 3,
    'request-parameter-allow': settings.clientAssertions,
    'request-maximum-exp': 600,
    'client-jwks-parameter': 'jwks',
    'oauth-as-iss-id': true,
    'name-claim': 'no',
    'email-claim': 'mandatory',
    'scope-claim': 'no',
    claims: [],
    'allowed-scope': scopes,
    scope: [],
  }
}
