import type { Preset } from './preset.ts'

export const slack: Preset = {
  name: 'slack',
  title: 'Slack',
  sources: [
    'https://docs.litellm.ai/docs/mcp_servers/slack',
    'https://docs.mcpmanager.ai/mcp-server-guides/slack',
    'https://github.com/librefang/librefang/issues/4665',
  ],
  serverUrl: 'https://mcp.slack.com/mcp',
  // No issuer: its metadata has named two, so it is found where the server says.
  profile: { quirks: ['fixed-redirect-uri'] },
  registration: 'by-hand',
  notes: [
    'Create an internal Slack app with the Model Context Protocol switched on.',
    'Its redirect URL is compared whole; give the same to --redirect-uri.',
  ],
}
