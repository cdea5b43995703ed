import type { Preset } from './preset.ts'

export const atlassian: Preset = {
  name: 'atlassian',
  title: 'Atlassian',
  sources: [
    'https://support.atlassian.com/atlassian-ai-gateway/docs/use-rovo-mcp-with-other-supported-mcp-clients/',
  ],
  serverUrl: 'https://mcp.atlassian.com/v1/mcp/authv2',
  profile: {},
  registration: 'automatic',
  notes: ['A person takes access back under Connected apps of their Atlassian account.'],
}
