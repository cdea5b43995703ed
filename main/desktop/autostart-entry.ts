import { mkdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { replaceFile } from '../store/files.ts'

/** The entry by which a Linux desktop starts a program at login (XDG Autostart Specification). */
export function linuxAutostartFile(env: Readonly<Record<string, string | undefined>>): string {
  const configured = env.XDG_CONFIG_HOME
  // The specification has relative paths ignored.
  const base =
    configured !== undefined && path.isAbsolute(configured)
      ? configured
      : path.join(env.HOME ?? os.homedir(), '.config')
  return path.join(base, 'autostart', 'warder.desktop')
}

export function writeAutostart(file: string, command: readonly string[]): void {
  mkdirSync(path.dirname(file), { recursive: true })
  replaceFile(file, autostartEntry(command))
}

/** A person may have switched it off in the settings of the desktop, which leave the file and say so in it. */
export function isAutostartEntry(file: string): boolean {
  try {
    return !/^(?:Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

/** @param command absolute path of the program, and its arguments */
export function autostartEntry(command: readonly string[]): string {
  return `[Desktop Entry]
Type=Application
Name=Warder
Comment=Your agents get the tools. Warder keeps the keys.
Exec=${command.map(execArgument).join(' ')}
Terminal=false
X-GNOME-Autostart-enabled=true
`
}

/**
 * Desktop Entry Specification, The Exec key: quoted with its four special characters escaped, `%` doubled, and then once
 * more as any value of type string.
 */
function execArgument(argument: string): string {
  const quoted = argument.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')
  return `"${quoted}"`
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
}
