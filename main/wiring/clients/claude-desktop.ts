import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Where, WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'
import { appFolders, localAppData, settingsFolder } from './places.ts'

const FILE = 'claude_desktop_config.json'

/**
 * Stdio only. A build from the Microsoft Store package (MSIX) keeps its files in a folder of its package, and never sees
 * the file that older builds read.
 */
export const claudeDesktop: WiringClient = {
  id: 'claude-desktop',
  title: 'Claude Desktop',
  format: 'json',
  servers: ['mcpServers'],
  userFile: (where) => path.join(packagedFolder(where) ?? settingsFolder(where), 'Claude', FILE),
  projectFile: null,
  traces: (where) => [
    path.join(packagedFolder(where) ?? settingsFolder(where), 'Claude'),
    ...appFolders(where, 'Claude'),
  ],
  programs: ['claude-desktop'],
  processes: ['Claude', 'Claude.exe', 'claude-desktop'],
  entry: commandEntry,
  homeVariable: null,
  reload: 'quit it, from its tray icon too, and start it again',
  first: { user: null, project: null },
  link: null,
  ownCommand: null,
}

/** The roaming folder that Windows shows to the package; null where there is no package, or this is not Windows. */
function packagedFolder(where: Where): string | null {
  if (where.platform !== 'win32') return null
  const packages = path.join(localAppData(where), 'Packages')
  const name = foldersOf(packages).find((folder) => /^Claude_/.test(folder))
  return name === undefined ? null : path.join(packages, name, 'LocalCache', 'Roaming')
}

function foldersOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}
