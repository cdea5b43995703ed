import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'
import { appFolders, settingsFolder, xdgConfig } from './places.ts'

/** All of Zed's settings are in this one file. */
export const zed: WiringClient = {
  id: 'zed',
  title: 'Zed',
  format: 'jsonc',
  servers: ['context_servers'],
  userFile: (where) =>
    where.platform === 'win32'
      ? path.join(settingsFolder(where), 'Zed', 'settings.json')
      : path.join(configFolder(where), 'zed', 'settings.json'),
  projectFile: null,
  traces: (where) => [
    where.platform === 'win32'
      ? path.join(settingsFolder(where), 'Zed')
      : path.join(configFolder(where), 'zed'),
    ...appFolders(where, 'Zed'),
  ],
  programs: ['zed', 'zeditor'],
  processes: ['zed', 'zed-editor', 'Zed.exe'],
  // Releases of 2025 read no entry without it; later ones do without, and let it be.
  entry: (shim) => ({ source: 'custom', ...commandEntry(shim) }),
  homeVariable: null,
  reload: 'it reads the file by itself',
  first: { user: 'Its agent panel shows whether Warder answers.', project: null },
  link: null,
  ownCommand: null,
}

/** On macOS Zed goes by the home directory alone. */
const configFolder = (where: Parameters<WiringClient['userFile']>[0]) =>
  where.platform === 'darwin' ? path.join(where.home, '.config') : xdgConfig(where)
