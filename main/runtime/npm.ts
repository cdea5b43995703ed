import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { WarderError } from '../errors.ts'
import { processGroup } from './process-group.ts'
import type { Watch } from './watch.ts'

/** How npm is started: a program with its first arguments, and the environment it gets. */
export interface Npm {
  readonly command: readonly [string, ...string[]]
  readonly environment: Readonly<Record<string, string>>
}

/** On macOS and Linux npm is a script of Node by itself, on Windows it stands behind a batch file. */
export function npmCommand([npm, script]: [string, string?], node: string): [string, ...string[]] {
  if (script !== undefined) return [npm, script]
  const real = realpathSync(npm)
  return /\.[cm]?js$/.test(real) ? [node, real] : [npm]
}

const MAX_OUTPUT = 16 * 1024 * 1024

/**
 * Runs npm to its end, which comes at once where the time is over or the signal says so: it is killed with the scripts that
 * it runs, since at SIGTERM it waits for what it fetches. What is half done then is the caller's to clear.
 *
 * @param timeout milliseconds
 * @param watch is told of its process group, so that it does not outlive a Warder that is killed
 * @returns what it wrote to its output
 * @throws WarderError `server.start_failed`
 */
export async function runNpm(
  { command: [file, ...first], environment }: Npm,
  args: readonly string[],
  cwd: string,
  timeout: number,
  signal: AbortSignal,
  watch?: Pick<Watch, 'add' | 'remove'>,
): Promise<string> {
  if (signal.aborted) throw givenUp()
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(file, [...first, ...args], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
    detached: process.platform !== 'win32',
  })
  if (child.pid !== undefined) watch?.add(child.pid)
  const parts: Buffer[] = []
  let size = 0
  let killed: WarderError | null = null
  const kill = (reason: WarderError) => {
    killed ??= reason
    if (child.pid !== undefined) processGroup(child.pid).signal('SIGKILL')
  }
  const giveUp = () => kill(givenUp())
  const late = setTimeout(() => kill(npmFailed('no answer in time')), timeout)
  signal.addEventListener('abort', giveUp)
  child.stdout.on('data', (part: Buffer) => {
    size += part.length
    if (size <= MAX_OUTPUT) parts.push(part)
    else kill(npmFailed('it says too much'))
  })
  child.once('error', (error: NodeJS.ErrnoException) => reject(npmFailed(error.code ?? 'unknown')))
  // A script that has left its group may hold the output for ever.
  child.once('exit', () => killed && reject(killed))
  child.once('close', (code) => {
    const output = Buffer.concat(parts).toString()
    if (code === 0) resolve(output)
    else reject(killed ?? npmFailed(npmCode(output) ?? `exit code ${code}`))
  })
  try {
    return await promise
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', giveUp)
    if (child.pid !== undefined) watch?.remove(child.pid)
  }
}

/** The same for one companion. */
export const watchedNpm =
  (watch: Pick<Watch, 'add' | 'remove'>): typeof runNpm =>
  (npm, args, cwd, timeout, signal) =>
    runNpm(npm, args, cwd, timeout, signal, watch)

/** `E404`, `SELF_SIGNED_CERT_IN_CHAIN`: npm's own text may hold addresses with credentials. */
function npmCode(stdout: string): string | null {
  return /"code":\s*"([A-Z][A-Z0-9_]{2,40})"/.exec(stdout)?.[1] ?? null
}

export const givenUp = () => new WarderError('server.start_failed', 'somebody gave it up')

const npmFailed = (why: string) =>
  new WarderError('server.start_failed', `npm could not do it (${why})`)
