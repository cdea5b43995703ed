import type { Preset } from './preset.ts'

export const google: Preset = {
  name: 'google',
  title: 'Google',
  sources: [
    'https://developers.google.com/identity/protocols/oauth2',
    'https://developers.google.com/identity/openid-connect/openid-connect',
    'https://accounts.google.com/.well-known/openid-configuration',
  ],
  profile: {
    issuer: 'https://accounts.google.com',
    quirks: ['offline-access-parameters'],
    claims: { organisation: 'hd' },
    revokePage: 'https://myaccount.google.com/connections',
    revocationEndsEveryGrant: true,
  },
  registration: 'by-hand',
  notes: [
    'Register a desktop app; it has a client secret.',
    'Revoking one token ends every grant of the account to the same client.',
  ],
}
