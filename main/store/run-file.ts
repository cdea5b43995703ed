import path from 'node:path'
import { replaceFile } from './files.ts'

/**
 * `run.json`: how the shim and the command line find the companion of a home, and how the shim starts an absent one.
 * Mode 0600 and no secret in it. It outlives the companion: `pid` is null then, `argv` and `env` are what starts it.
 */
export interface RunFile {
  readonly version: 1
  /** Path of the control socket. */
  readonly control: string
  /** Client name → path of its socket. */
  readonly clients: Readonly<Record<string, string>>
  /** Base URL of the token door. */
  readonly http: string
  /** Absolute launch command of this companion. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly pid: number | null
}

export function writeRunFile(home: string, run: RunFile): void {
  replaceFile(path.join(home, 'run.json'), `${JSON.stringify(run, null, 2)}\n`)
}

/** What a companion that the shim starts needs from the environment of the one that was started by a person. */
const LAUNCH_VARIABLES = [
  'HOME',
  'USER',
  'LOGNAME',
  'PATH',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'WARDER_HOME',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'XDG_DATA_HOME',
  'XDG_DATA_DIRS',
  'XDG_CONFIG_HOME',
  'XDG_CONFIG_DIRS',
  'XDG_SESSION_TYPE',
  'XDG_CURRENT_DESKTOP',
  // By these xdg-open finds the browser of the desktop, or of the Windows around.
  'BROWSER',
  'DESKTOP_SESSION',
  'KDE_FULL_SESSION',
  'KDE_SESSION_VERSION',
  'WSL_DISTRO_NAME',
  'WSL_INTEROP',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
  'SystemRoot',
  'TEMP',
  'TMP',
  'PATHEXT',
  'USERNAME',
  // Certificate authorities of the organisation: names of files.
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
] as const

/** Where a proxy is: these are passed on only without a name and password, which belong into the vault. */
const PROXY_VARIABLES = ['https_proxy', 'http_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
])

/** An allow-list, because a person's environment is full of other programs' credentials. */
export function launchEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of LAUNCH_VARIABLES) {
    const value = env[name]
    if (value !== undefined) kept[name] = value
  }
  for (const name of PROXY_VARIABLES) {
    const value = env[name]
    if (value !== undefined && !value.includes('@')) kept[name] = value
  }
  return kept
}
