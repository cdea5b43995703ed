import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { commandEntry } from './entry.ts'

/** It gives a server up after ten seconds, which a companion that has to be started first may take on a busy machine. */
export const codex: WiringClient = {
  id: 'codex',
  title: 'Codex',
  format: 'toml',
  servers: ['mcp_servers'],
  userFile: ({ home, env }) =>
    path.join(env.CODEX_HOME || path.join(home, '.codex'), 'config.toml'),
  projectFile: '.codex/config.toml',
  traces: ({ home, env }) => [env.CODEX_HOME || path.join(home, '.codex')],
  programs: ['codex'],
  processes: ['codex', 'codex.exe'],
  entry: (shim) => ({ ...commandEntry(shim), startup_timeout_sec: 30 }),
  homeVariable: null,
  reload: 'start it anew',
  first: { user: null, project: 'It heeds this file only in projects that it trusts.' },
  link: null,
  ownCommand: (name, { command, args }) => ['codex', 'mcp', 'add', name, '--', command, ...args],
}
