import path from 'node:path'
import type { Where } from '../types.ts'

/** Where programs keep their settings, by the rules of the system that they run on. */
export function settingsFolder({ home, env, platform }: Where): string {
  switch (platform) {
    case 'darwin':
      return path.join(home, 'Library', 'Application Support')
    case 'win32':
      return env.APPDATA || path.join(home, 'AppData', 'Roaming')
    default:
      return xdgConfig({ home, env })
  }
}

/** One that is relative is none (XDG Base Directory Specification). */
export const xdgConfig = ({ home, env }: Pick<Where, 'home' | 'env'>): string =>
  path.isAbsolute(env.XDG_CONFIG_HOME ?? '')
    ? String(env.XDG_CONFIG_HOME)
    : path.join(home, '.config')

export const localAppData = ({ home, env }: Where): string =>
  env.LOCALAPPDATA || path.join(home, 'AppData', 'Local')

/** Folders in which an app of this name is installed; what is only on `PATH` is looked up there. */
export function appFolders({ home, platform, ...where }: Where, name: string): string[] {
  switch (platform) {
    case 'darwin':
      return [`/Applications/${name}.app`, path.join(home, 'Applications', `${name}.app`)]
    case 'win32':
      return [path.join(localAppData({ home, platform, ...where }), 'Programs', name)]
    default:
      return []
  }
}
