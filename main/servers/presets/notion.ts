import type { Preset } from './preset.ts'

export const notion: Preset = {
  name: 'notion',
  title: 'Notion',
  sources: [
    'https://developers.notion.com/docs/mcp',
    'https://mcpservers.org/remote-mcp-servers/notion',
    'https://www.notion.com/help/add-and-manage-connections-with-the-api',
  ],
  serverUrl: 'https://mcp.notion.com/mcp',
  connectionsPage: 'https://www.notion.com/help/add-and-manage-connections-with-the-api',
  profile: {},
  registration: 'automatic',
  notes: ['Workspace owners manage clients under Settings, Notion MCP.'],
}
