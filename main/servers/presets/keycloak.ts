import { host, type Preset } from './preset.ts'

export const keycloak: Preset = {
  name: 'keycloak',
  title: 'Keycloak',
  sources: ['https://www.keycloak.org/securing-apps/oidc-layers'],
  tenant: {
    what: 'the host and the realm',
    example: 'sso.example.com/realms/dev',
    pattern: new RegExp(`^${host}(?:/[A-Za-z0-9._~-]+)*/realms/[A-Za-z0-9._~-]+$`),
  },
  profile: { issuer: 'https://{tenant}' },
  registration: 'by-hand',
  notes: [],
}
