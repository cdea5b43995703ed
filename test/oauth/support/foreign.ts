import type { ForeignGrant } from '../../../main/oauth/foreign-grant.ts'
import type { ScriptedProvider } from './scripted-provider.ts'

/** What another program would keep after a sign-in at the scripted provider. */
export const foreignGrant = (
  { origin, serverUrl }: ScriptedProvider,
  changes: Partial<ForeignGrant> = {},
): ForeignGrant => ({
  id: 'f00dfeedbeef',
  program: 'mcp-remote',
  serverUrl,
  isOf: (url) => url === serverUrl,
  issuer: origin,
  tokenEndpoint: null,
  clientId: 'their-client',
  clientSecret: null,
  authMethod: null,
  scopes: ['files:read'],
  accessToken: 'their-access-token',
  refreshToken: 'their-refresh-token',
  expiresAt: null,
  writtenAt: 1_790_000_000_000,
  ...changes,
})

/** Whether a request holds anything of what the other program keeps. */
export const sawTokens = ({ received }: ScriptedProvider): boolean =>
  received.some((request) => JSON.stringify([request, `${request.form}`]).includes('their-'))
