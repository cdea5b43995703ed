import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ConfiguredServer } from '../types.ts'
import { isObject } from '../values.ts'

/** A client starts the servers of a project in its folder: one that names files from there goes on finding them. */
export function inFolder(server: ConfiguredServer, folder: string | null): ConfiguredServer {
  const { command, args, raw } = server
  if (folder === null || command === null || !isObject(raw)) return server
  if (typeof raw.cwd === 'string' && raw.cwd !== '')
    return { ...server, raw: { ...raw, cwd: path.resolve(folder, raw.cwd) } }
  return [command, ...args].some((word) => isFrom(folder, word))
    ? { ...server, raw: { ...raw, cwd: folder } }
    : server
}

/** A word that names something in the folder, or says that it does. */
const isFrom = (folder: string, word: string): boolean =>
  /^\.{1,2}(?:[\\/]|$)/.test(word) ||
  (/^[^-\s\\/:][^:]*$/.test(word) && !path.isAbsolute(word) && existsSync(path.join(folder, word)))
