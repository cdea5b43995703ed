import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { WarderError } from '../errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The one directory of a companion: `--home`, else `WARDER_HOME`, else `$XDG_DATA_HOME/warder` (Linux),
 * `~/Library/Application Support/Warder` (macOS), `%APPDATA%\Warder` (Windows). Absolute, not created here.
 */
export function homeDirectory(options: { flag?: string | undefined; env: Environment }): string {
  const chosen = options.flag || options.env.WARDER_HOME
  if (chosen) return path.resolve(chosen)
  const user = options.env.HOME || os.homedir()
  switch (process.platform) {
    case 'darwin':
      return path.join(user, 'Library', 'Application Support', 'Warder')
    case 'win32':
      return path.join(
        options.env.APPDATA || path.join(os.homedir(), 'AppData', 'Roaming'),
        'Warder',
      )
    default:
      return path.join(options.env.XDG_DATA_HOME || path.join(user, '.local', 'share'), 'warder')
  }
}

/** Twelve hexadecimal digits that tell one home from another, in paths of sockets and names of keychain items. */
export function homeId(home: string): string {
  return createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 12)
}

/** Longest path that `sockaddr_un` takes on every system we know, in bytes. */
const SOCKET_PATH_LIMIT = 103

/**
 * Creates the directory of this home's sockets: mode 0700, ours, short enough for `sockaddr_un`. Under
 * `XDG_RUNTIME_DIR` where that is usable, else under the temporary directory.
 *
 * @throws WarderError `store.unwritable` where it cannot be made, or is somebody else's
 */
export function socketDirectory(home: string, env: Environment): string {
  const runtime = env.XDG_RUNTIME_DIR
  const bases = [...(runtime ? [runtime] : []), os.tmpdir(), '/tmp']
  const leaf = `warder-${homeId(home)}`
  // The longest socket name is `client-` + 32 characters + `.sock`.
  const base = bases.find(
    (dir) => Buffer.byteLength(path.join(dir, leaf)) + 46 <= SOCKET_PATH_LIMIT && isDirectory(dir),
  )
  if (base === undefined)
    throw new WarderError(
      'store.unwritable',
      'No directory is short enough for the sockets of this home.',
    )
  const directory = path.join(base, leaf)
  try {
    mkdirSync(directory, { mode: 0o700, recursive: true })
    // In a shared temporary directory somebody else may have been first, or left a link for us to follow.
    const found = lstatSync(directory)
    if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid()))
      throw new WarderError(
        'store.unwritable',
        `${directory} is not a directory of yours; remove it.`,
      )
    chmodSync(directory, 0o700)
  } catch (cause) {
    if (cause instanceof WarderError) throw cause
    throw new WarderError('store.unwritable', `${directory} cannot be created.`, { cause })
  }
  return directory
}

/**
 * Where a socket of this name listens.
 * @param directory as {@link socketDirectory} gives it
 */
export function socketPath(directory: string, name: string): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\${path.basename(directory)}-${name}`
    : path.join(directory, `${name}.sock`)
}

/** Links are followed here: on macOS `/tmp` is one. */
function isDirectory(dir: string): boolean {
  return statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true
}
