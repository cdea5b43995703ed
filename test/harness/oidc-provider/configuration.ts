import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { errors } from 'oidc-provider'
import { errorPage } from '../identity-provider/pages.ts'
import { deviceFlow } from './device-flow.ts'
import type { ProgramSettings } from './settings.ts'

const resourceScopes = 'mcp:read mcp:write'

/** oidc-provider with what the MCP authorization specification asks for, switched on unless the settings say no. */
export function configuration(settings: ProgramSettings): Record<string, unknown> {
  const { introspectionClient } = settings
  return {
    jwks: { keys: signingKeys() },
    cookies: { keys: [randomUUID()] },
    scopes: ['openid', 'offline_access', 'email', ...resourceScopes.split(' ')],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // The ID token is where a client reads the account: a token for a resource cannot ask userinfo.
    conformIdTokenClaims: false,
    clients: [
      ...settings.clients,
      {
        client_id: introspectionClient.clientId,
        client_secret: introspectionClient.clientSecret,
        redirect_uris: [],
        response_types: [],
        grant_types: [],
        // The provider takes a secret in either place; it asks only that one of them is offered.
        token_endpoint_auth_method: settings.authMethods?.find(isSecret) ?? 'client_secret_basic',
      },
    ],
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: true }),
    }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    ...(settings.authMethods && { clientAuthMethods: settings.authMethods }),
    pkce: { required: () => true },
    rotateRefreshToken: settings.rotation,
    // MCP clients do not always ask for offline_access; the grant type that they registered is enough.
    issueRefreshToken: (_context: unknown, client: GrantTypes) =>
      settings.refreshTokens && client.grantTypeAllowed('refresh_token'),
    ttl: lifetimes(settings),
    features: features(settings),
    fetch: documentFetch(settings.clientDocuments ?? {}),
    renderError: (context: { type: string; body: string }, out: { error_description?: string }) => {
      context.type = 'html'
      context.body = errorPage(out.error_description ?? 'The request could not be understood.')
    },
  }
}

const isSecret = (method: string) => method.startsWith('client_secret_')

interface GrantTypes {
  grantTypeAllowed(type: string): boolean
}

/** RS256 comes first: without it every registration that does not name an algorithm fails. */
function signingKeys() {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return [
    { ...rsa.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'rsa' },
    { ...ec.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'ec' },
  ]
}

function lifetimes({ accessTokenTtl, deviceCodeTtl }: ProgramSettings) {
  return {
    DeviceCode: deviceCodeTtl ?? 600,
    AccessToken: accessTokenTtl,
    AuthorizationCode: 60,
    RefreshToken: 3600,
    IdToken: 600,
    Session: 3600,
    Grant: 3600,
    Interaction: 600,
  }
}

function features(settings: ProgramSettings) {
  return {
    devInteractions: { enabled: false },
    registration: { enabled: settings.registration },
    registrationManagement: {
      enabled: settings.registration && settings.management,
      rotateRegistrationAccessToken: true,
    },
    dPoP: {
      enabled: true,
      ...(settings.dpopNonce && { nonceSecret: randomBytes(32), requireNonce: () => true }),
    },
    deviceFlow: settings.deviceCodeTtl === undefined ? { enabled: false } : deviceFlow,
    revocation: { enabled: settings.revocation },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (
        _context: unknown,
        client: { clientId: string },
        token: { clientId?: string },
      ) =>
        client.clientId === settings.introspectionClient.clientId ||
        (settings.introspection === 'own' && token.clientId === client.clientId),
    },
    clientIdMetadataDocument: settings.clientDocuments
      ? { enabled: true, ack: 'draft-02' }
      : { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_context: unknown, _client: unknown, oneOf?: string[]) => oneOf,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context: unknown, resource: string) =>
        resourceServer(resource, settings),
    },
  }
}

/** The lab's resource servers pick their ports after the provider did, so every loopback resource is known here. */
export function resourceServer(resource: string, settings: ProgramSettings) {
  if (new URL(resource).hostname !== '127.0.0.1') throw new errors.InvalidTarget()
  return {
    scope: resourceScopes,
    audience: resource,
    accessTokenTTL: settings.accessTokenTtl,
    accessTokenFormat: settings.accessTokenFormat,
    jwt: { sign: { alg: 'RS256' } },
  }
}

function documentFetch(documents: Record<string, unknown>) {
  return async (url: string | URL) => {
    const document = documents[String(url)]
    if (!document) throw new Error('The lab has no such document.')
    return Response.json(document)
  }
}
