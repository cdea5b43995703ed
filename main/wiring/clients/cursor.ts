import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'
import { linkJson } from './link-json.ts'
import { appFolders } from './places.ts'

export const cursor: WiringClient = {
  id: 'cursor',
  title: 'Cursor',
  format: 'jsonc',
  servers: ['mcpServers'],
  userFile: ({ home }) => path.join(home, '.cursor', 'mcp.json'),
  projectFile: '.cursor/mcp.json',
  traces: (where) => [path.join(where.home, '.cursor'), ...appFolders(where, 'Cursor')],
  programs: ['cursor'],
  processes: ['Cursor', 'cursor', 'Cursor.exe'],
  entry: commandEntry,
  homeVariable: 'userHome',
  reload: 'it reads the file by itself',
  first: {
    user: 'Look at its settings under MCP, and switch Warder on there if it asks.',
    project: 'Look at its settings under MCP, and switch Warder on there if it asks.',
  },
  link: (name, entry) =>
    `cursor://anysphere.cursor-deeplink/mcp/install?${new URLSearchParams({
      name,
      config: btoa(linkJson(entry)),
    })}`,
  ownCommand: null,
}
