import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { appFolders, settingsFolder, xdgConfig } from './places.ts'

export const goose: WiringClient = {
  id: 'goose',
  title: 'Goose',
  format: 'yaml',
  servers: ['extensions'],
  userFile: (where) => path.join(gooseFolder(where), 'config.yaml'),
  projectFile: null,
  traces: (where) => [gooseFolder(where), ...appFolders(where, 'Goose')],
  programs: ['goose'],
  processes: ['goose', 'Goose', 'goosed', 'goose.exe'],
  entry: ({ command, args }) => ({
    enabled: true,
    type: 'stdio',
    name: 'warder',
    description: 'Your servers, through Warder',
    cmd: command,
    args: [...args],
    envs: {},
    env_keys: [],
    timeout: 300,
    bundled: null,
  }),
  homeVariable: null,
  reload: 'start a new session',
  first: { user: null, project: null },
  link: null,
  ownCommand: null,
}

function gooseFolder(where: Parameters<WiringClient['userFile']>[0]): string {
  const root = where.env.GOOSE_PATH_ROOT
  if (root !== undefined && path.isAbsolute(root)) return path.join(root, 'config')
  return where.platform === 'win32'
    ? path.join(settingsFolder(where), 'Block', 'goose', 'config')
    : path.join(xdgConfig(where), 'goose')
}
