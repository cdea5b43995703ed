import type { Preset } from './preset.ts'

export const entra: Preset = {
  name: 'entra',
  title: 'Microsoft Entra ID',
  sources: [
    'https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc',
    'https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference',
    'https://learn.microsoft.com/en-us/answers/questions/218113/openid-connect-authorization-code-flow-with-proof',
    'https://github.com/MicrosoftDocs/azure-docs/issues/38427',
    'https://github.com/modelcontextprotocol/csharp-sdk/issues/741',
  ],
  tenant: {
    what: 'the directory (tenant) ID',
    example: '72f988bf-86f1-41af-91ab-2d7cd011db47',
    pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
  profile: {
    issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
    quirks: ['no-pkce-metadata', 'no-resource-parameter', 'tenant-must-be-named'],
    // Its e-mail claim is not verified, and the subject differs from application to application.
    claims: { account: 'preferred_username', organisation: 'tid' },
    revokePage: 'https://myapps.microsoft.com/',
  },
  registration: 'by-hand',
  notes: [
    'Name the resource in the scopes, such as api://APP-ID/SCOPE.',
    'It has no revocation endpoint: access is taken back on its page.',
  ],
}
