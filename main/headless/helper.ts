import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Helper, HelperProcess } from '../ports.ts'

/** What a helper needs to find the session's keychain; above all no `NODE_OPTIONS`, `LD_*` and no secret of anybody. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'XDG_DATA_HOME',
  'XDG_CONFIG_HOME',
  'XDG_CACHE_HOME',
  'XDG_CURRENT_DESKTOP',
  'XDG_SESSION_TYPE',
  'SystemRoot',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'TEMP',
  'TMP',
]

/** The part of our environment that a helper is given, in either shell. */
export function helperEnvironment(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Starts helper modules as children of plain Node. @param env of which the allow-listed part is passed on */
export function createHelper(env: Readonly<NodeJS.ProcessEnv> = process.env): Helper {
  const passed = helperEnvironment(env)
  return { start: (module) => startHelper(module, passed) }
}

function startHelper(module: string, env: NodeJS.ProcessEnv): HelperProcess {
  const file = module.startsWith('file:') ? fileURLToPath(module) : module
  const child = fork(file, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  // A child that could not be started has an `error` and no `exit`.
  const ended = once(child, 'exit').catch(() => {})
  child.on('error', () => {})
  return {
    // Sending to a child that has just ended fails; its end is what the caller hears of.
    send: (message) => void (child.connected && child.send(message as object, () => {})),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void ended.then(listener),
    kill: () => void child.kill('SIGKILL'),
  }
}
