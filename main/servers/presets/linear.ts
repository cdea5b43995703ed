import type { Preset } from './preset.ts'

export const linear: Preset = {
  name: 'linear',
  title: 'Linear',
  sources: [
    'https://docs.litellm.ai/docs/mcp_servers/linear',
    'https://linear.app/docs/security-and-access',
  ],
  serverUrl: 'https://mcp.linear.app/mcp',
  profile: { revokePage: 'https://linear.app/docs/security-and-access' },
  registration: 'automatic',
  notes: [],
}
