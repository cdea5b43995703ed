import os from 'node:os'
import type { Where } from './types.ts'

/** Where the clients of this user look, by the environment of the process that asks. */
export function surroundings(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Where {
  const { platform } = process
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || os.homedir()
  return { home, env, platform, folder }
}
