import { rmSync } from 'node:fs'
import { app } from 'electron'
import type { Autostart } from '../ports.ts'
import { isAutostartEntry, linuxAutostartFile, writeAutostart } from './autostart-entry.ts'

const NAME = 'Warder'

/** @param command what starts this app without its window */
export function createAutostart(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Autostart {
  if (process.platform === 'linux') {
    const file = linuxAutostartFile(env)
    return {
      isOn: () => isAutostartEntry(file),
      set: (on) => (on ? writeAutostart(file, command) : rmSync(file, { force: true })),
    }
  }
  const [program = process.execPath, ...args] = command
  // macOS starts the bundle and takes no arguments; `wasOpenedAtLogin` tells then.
  const windows = process.platform === 'win32' ? { path: program, args } : {}
  return {
    isOn: () => app.getLoginItemSettings(windows).openAtLogin,
    set: (on) =>
      app.setLoginItemSettings({
        openAtLogin: on,
        ...(process.platform === 'win32' ? { ...windows, name: NAME } : {}),
      }),
  }
}

/** The system started the app, not a person. */
export const wasStartedAtLogin = () =>
  process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin
