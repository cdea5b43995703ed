import type { Preset } from './preset.ts'

export const github: Preset = {
  name: 'github',
  title: 'GitHub',
  sources: [
    'https://github.blog/changelog/2025-06-12-remote-github-mcp-server-is-now-available-in-public-preview',
    'https://github.com/github/github-mcp-server/issues/2901',
    'https://github.blog/changelog/2025-07-14-pkce-support-for-oauth-and-github-app-authentication',
    'https://docs.github.com/en/apps/oauth-apps/using-oauth-apps/reviewing-your-authorized-oauth-apps',
  ],
  serverUrl: 'https://api.githubcopilot.com/mcp/',
  profile: {
    issuer: 'https://github.com/login/oauth',
    quirks: ['no-refresh-token'],
    revokePage:
      'https://docs.github.com/en/apps/oauth-apps/using-oauth-apps/reviewing-your-authorized-oauth-apps',
  },
  registration: 'by-hand',
  notes: [
    'Register an OAuth app; its token lasts until it is revoked.',
    'Take the quirk out for a GitHub App whose tokens expire.',
  ],
}
