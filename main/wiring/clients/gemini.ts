import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'

export const gemini: WiringClient = {
  id: 'gemini',
  title: 'Gemini CLI',
  format: 'jsonc',
  servers: ['mcpServers'],
  userFile: ({ home }) => path.join(home, '.gemini', 'settings.json'),
  projectFile: '.gemini/settings.json',
  traces: ({ home }) => [path.join(home, '.gemini')],
  programs: ['gemini'],
  processes: ['gemini'],
  entry: commandEntry,
  homeVariable: 'environment',
  reload: 'start it anew',
  first: {
    user: 'It starts servers only in folders that it trusts.',
    project: 'It starts servers only in folders that it trusts.',
  },
  link: null,
  // `gemini mcp add` writes the secrets of other entries into the file, in the place of the names of variables.
  ownCommand: null,
}
