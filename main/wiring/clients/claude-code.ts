import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { isObject } from '../values.ts'
import { typedEntry } from './entry.ts'

/** Its user file holds the servers of single projects too (its scope `local`), and is written by it all the time. */
export const claudeCode: WiringClient = {
  id: 'claude-code',
  title: 'Claude Code',
  format: 'json',
  servers: ['mcpServers'],
  otherServers: (content) =>
    isObject(content) && isObject(content.projects)
      ? Object.keys(content.projects).map((folder) => ['projects', folder, 'mcpServers'])
      : [],
  userFile: ({ home, env }) => path.join(env.CLAUDE_CONFIG_DIR || home, '.claude.json'),
  projectFile: '.mcp.json',
  traces: ({ home, env }) => [env.CLAUDE_CONFIG_DIR || path.join(home, '.claude')],
  programs: ['claude'],
  processes: ['claude'],
  entry: typedEntry,
  homeVariable: 'environment',
  reload: 'start it anew: sessions that are open keep the servers that they began with',
  first: { user: null, project: 'It asks before it starts a server of a project.' },
  link: null,
  ownCommand: (name, { command, args }) => [
    'claude',
    'mcp',
    'add',
    '--scope',
    'user',
    name,
    '--',
    command,
    ...args,
  ],
}
