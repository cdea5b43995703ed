import { spawn } from 'node:child_process'
import { WarderError } from '../errors.ts'
import type { Browser } from '../ports.ts'

/** What a launcher needs to find the user's desktop and browser, and nothing of what else we were started with. */
const passedOn = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'BROWSER', 'DISPLAY', 'XAUTHORITY'],
  ...['WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'DESKTOP_SESSION', 'KDE_FULL_SESSION'],
  ...['KDE_SESSION_VERSION', 'XDG_CURRENT_DESKTOP', 'XDG_SESSION_TYPE', 'XDG_RUNTIME_DIR'],
  ...['XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_DATA_HOME', 'XDG_DATA_DIRS', 'WSL_DISTRO_NAME'],
  ...['WSL_INTEROP', 'SystemRoot', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'TMP'],
]

/** Some launchers stay for as long as the browser does: still running after this many milliseconds is success. */
const patience = 3_000

/**
 * Opens URLs with the launcher of the operating system: no shell, the URL as one argument, byte for byte.
 * @param env where the launcher is looked up and what little of it is passed on
 */
export function createBrowser(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Browser {
  return {
    async open(url) {
      // The policy has decided before; this is the last door, where an option or a path would be a command.
      if (!/^https?:\/\/[^\s\p{Cc}"]+$/iu.test(url)) throw failed('That is not a web address.')
      await handOver(url, env, platform)
    },
  }
}

/**
 * Opens a page that we wrote ourselves. Apart from the Browser port, so that no URL from outside can name a file.
 *
 * @param url of a file of ours, as `pathToFileURL` writes it
 * @throws WarderError `oauth.browser_failed`
 */
export async function openOwnPage(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  await handOver(url, env, platform)
}

async function handOver(url: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform) {
  const [command, ...args] = launcher(platform, env)
  await launch(command, [...args, url], pick(env))
}

/** @returns the program and what stands before the URL */
export function launcher(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['/usr/bin/open']
  if (platform !== 'win32') return ['xdg-open']
  // Full path: Windows looks into the current directory first.
  const root = env.SystemRoot ?? 'C:\\Windows'
  return [`${root}\\System32\\rundll32.exe`, 'url.dll,FileProtocolHandler']
}

function launch(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { detached: true, stdio: 'ignore', shell: false, env })
    const timer = setTimeout(settle, patience)
    child.unref()

    function settle(error?: WarderError): void {
      clearTimeout(timer)
      child.removeAllListeners()
      // An error after the fact (a failed kill) has nobody to tell.
      child.on('error', () => {})
      if (error) reject(error)
      else resolve()
    }
    child.once('error', (cause) =>
      settle(failed('The program that opens links is missing.', cause)),
    )
    child.once('exit', (code) =>
      settle(code === 0 ? undefined : failed('The program that opens links reported a failure.')),
    )
  })
}

function pick(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(passedOn.filter((name) => env[name]).map((name) => [name, env[name]]))
}

const failed = (why: string, cause?: unknown) =>
  new WarderError('oauth.browser_failed', `No browser could be opened. ${why}`, { cause })
