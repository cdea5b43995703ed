import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromiumPath } from '../test/harness/chromium.ts'
import { exitCode, passSignalsTo } from './run.ts'

const marker = 'WARDER_TEST_SESSION'

/**
 * True where this process may run the tests itself: inside the session that {@link rerunInSession} made, or on a
 * system without a session bus.
 */
export function isInSession(): boolean {
  return process.platform !== 'linux' || process.env[marker] !== undefined
}

/**
 * Runs this very command once more, on a session bus of its own and with a home of its own, so that no test can reach
 * the keyring, the settings or the display of whoever runs it. The home is removed at the end; its name is short
 * because socket paths are.
 * @returns the exit code
 */
export async function rerunInSession(): Promise<number> {
  const home = await mkdtemp(path.join(tmpdir(), 'wt-'))
  try {
    for (const folder of ['run', 'tmp']) await mkdir(path.join(home, folder), { mode: 0o700 })
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const child = spawn('dbus-run-session', ['--', ...withStderrFrom3, ...again], {
      env: sessionEnvironment(home),
      stdio: ['ignore', 'inherit', 'pipe', process.stderr.fd],
      // A group of its own: dbus-run-session passes no signal on to what it runs.
      detached: true,
    })
    const chatter: Buffer[] = []
    child.stderr?.on('data', (chunk: Buffer) => chatter.push(chunk))
    passSignalsTo(child, { group: true })
    const code = await exitCode(child)
    if (code > 1) process.stderr.write(Buffer.concat(chatter))
    return code
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The bus comments on every service that it starts; the tests' own stderr goes around it. */
const withStderrFrom3 = ['sh', '-c', 'exec "$@" 2>&3 3>&-', 'sh']

function sessionEnvironment(home: string): NodeJS.ProcessEnv {
  const foreign = /^(?:WARDER_|XDG_|DBUS_)|^(?:DISPLAY|WAYLAND_DISPLAY|GNOME_KEYRING_CONTROL)$/
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_RUNTIME_DIR: path.join(home, 'run'),
    // What a test that was cut short leaves behind goes with the rest.
    TMPDIR: path.join(home, 'tmp'),
    // Every test starts our programs anew; what Node made of their sources is kept for the next start.
    NODE_COMPILE_CACHE: path.join(home, 'tmp', 'compiled'),
    // Playwright's own Chromium lies in the home that was left.
    WARDER_CHROMIUM: chromiumPath() ?? '',
    [marker]: '1',
  }
}
