import type { Preset } from './preset.ts'

export const notion: Preset = {
  name: 'notion',
  title: 'Notion',
  sources: [
    'https://developers.notion.com/docs/mcp',
    'https://mcpservers.org/remote-mcp-servers/notion',
  ],
  serverUrl: 'https://mcp.notion.com/mcp',
  profile: {},
  registration: 'automatic',
  notes: ['Workspace owners manage clients under Settings, Notion MCP.'],
}
