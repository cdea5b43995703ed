/**
 * `npm start`: the desktop app where there is a display and Electron, else the headless companion. In the foreground;
 * arguments go to `warder serve`, so only `--home` leaves a choice. Exits as what it started does.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { buildIfStale } from './build-if-stale.ts'
import { type Electron, findElectron } from './electron-binary.ts'
import { exitCode, passSignalsTo } from './run.ts'

const root = path.dirname(import.meta.dirname)
const cli = path.join(root, 'dist/cli/warder.cjs')
const { home, ...ofServe } = parseArgs({
  options: { home: { type: 'string' } },
  strict: false,
}).values
const env = {
  ...process.env,
  PATH: ownPath(process.env.PATH ?? ''),
  ...(typeof home === 'string' && { WARDER_HOME: path.resolve(home) }),
}
process.exitCode = await main()

/** Without what npm puts before it: local servers shall find the user's programs, not those of some parent folder. */
function ownPath(searched: string): string {
  const byNpm = /[\\/](?:node_modules[\\/]\.bin|node-gyp-bin)$/
  const kept = searched.split(path.delimiter).filter((entry) => !byNpm.test(entry))
  return kept.join(path.delimiter)
}

async function main(): Promise<number> {
  const built = await buildIfStale()
  if (built !== 0) return built
  // The app would not heed them: whoever chooses a vault is not to get another one.
  const [option] = Object.keys(ofServe)
  const electron =
    option === undefined
      ? await findElectron()
      : { absent: `--${option} is an option of \`warder serve\`` }
  const child = 'path' in electron ? startDesktop(electron.path) : startHeadless(electron)
  passSignalsTo(child)
  endWithNpm(child)
  return exitCode(child)
}

/** SIGTERM ends npm and its shell and goes no further: what they started must not run on unseen. */
function endWithNpm(child: ChildProcess): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    // Once: a second signal would not let the companion finish.
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 500)
  child.once('exit', () => clearInterval(watch))
}

function startDesktop(electron: string): ChildProcess {
  return spawn(electron, [root], { stdio: 'inherit', env })
}

function startHeadless({ absent }: Extract<Electron, { absent: string }>): ChildProcess {
  console.error(`Starting without a window: ${absent}.`)
  const command = [cli, 'serve', ...process.argv.slice(2)]
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  if (!isTerminal) return spawn(process.execPath, command, { stdio: 'inherit', env })
  const child = spawn(process.execPath, command, { stdio: ['inherit', 'pipe', 'inherit'], env })
  const lines = createInterface({ input: child.stdout }).on('line', (line) => console.log(line))
  // All that `serve` says on standard output is that it is ready.
  lines.once('line', openPage)
  return child
}

/** A person sits at the terminal: show them the page that stands in for the window. */
function openPage(): void {
  spawn(process.execPath, [cli, 'ui'], { stdio: ['ignore', 'inherit', 'inherit'], env })
}
