import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'
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
  next: 'Cursor reads it by itself; look at its settings under MCP, and switch Warder on there if it asks.',
  link: (name, entry) =>
    `cursor://anysphere.cursor-deeplink/mcp/install?${new URLSearchParams({
      name,
      config: Buffer.from(JSON.stringify(entry)).toString('base64'),
    })}`,
  ownCommand: null,
}
