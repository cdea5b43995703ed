import { host, type Preset } from './preset.ts'

export const okta: Preset = {
  name: 'okta',
  title: 'Okta',
  sources: [
    'https://developer.okta.com/docs/api/openapi/okta-oauth/oauth/customas',
    'https://developer.okta.com/docs/reference/api/authorization-servers/',
  ],
  tenant: {
    what: 'the Okta domain',
    example: 'dev-123456.okta.com',
    pattern: new RegExp(`^${host}$`),
  },
  profile: { issuer: 'https://{tenant}/oauth2/default' },
  registration: 'by-hand',
  notes: ['For another authorization server than `default`, write its issuer into the profile.'],
}
