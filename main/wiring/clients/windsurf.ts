import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'
import { appFolders } from './places.ts'

/** Devin Desktop by its new name; the file kept the old one. */
export const windsurf: WiringClient = {
  id: 'windsurf',
  title: 'Windsurf',
  format: 'jsonc',
  servers: ['mcpServers'],
  userFile: ({ home }) => path.join(home, '.codeium', 'windsurf', 'mcp_config.json'),
  projectFile: null,
  traces: (where) => [
    path.join(where.home, '.codeium', 'windsurf'),
    ...appFolders(where, 'Windsurf'),
  ],
  programs: ['windsurf'],
  processes: ['Windsurf', 'windsurf', 'Windsurf.exe'],
  entry: commandEntry,
  homeVariable: null,
  reload: 'press the refresh button of its MCP servers, or start it anew',
  first: { user: null, project: null },
  link: null,
  ownCommand: null,
}
