import { host, type Preset } from './preset.ts'

export const auth0: Preset = {
  name: 'auth0',
  title: 'Auth0',
  sources: [
    'https://auth0.com/docs/manage-users/organizations/using-tokens',
    'https://auth0.com/docs/tokens/guides/get-access-tokens',
    'https://support.auth0.com/center/s/article/mcp-audience-error-with-auth0',
  ],
  tenant: {
    what: 'the Auth0 domain',
    example: 'tenant.us.auth0.com',
    pattern: new RegExp(`^${host}$`),
  },
  // The slash at its end belongs to the issuer.
  profile: {
    issuer: 'https://{tenant}/',
    quirks: ['audience-parameter'],
    claims: { organisation: 'org_id' },
  },
  registration: 'by-hand',
  notes: [
    'The audience is the identifier of the API; without one in the profile it is the resource.',
    'A tenant with the Resource Parameter Compatibility Profile needs no quirk.',
  ],
}
