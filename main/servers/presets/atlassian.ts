import type { Preset } from './preset.ts'

export const atlassian: Preset = {
  name: 'atlassian',
  title: 'Atlassian',
  sources: [
    'https://support.atlassian.com/atlassian-ai-gateway/docs/use-rovo-mcp-with-other-supported-mcp-clients/',
    'https://support.atlassian.com/security-and-access-policies/docs/manage-your-users-third-party-apps/',
  ],
  serverUrl: 'https://mcp.atlassian.com/v1/mcp/authv2',
  connectionsPage:
    'https://support.atlassian.com/security-and-access-policies/docs/manage-your-users-third-party-apps/',
  profile: {},
  registration: 'automatic',
  notes: ['A person takes access back under Connected apps of their Atlassian account.'],
}
