import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Writable } from 'node:stream'
import { bareEnvironment } from '../harness/processes.ts'
import { cli } from '../harness/warder.ts'

const entry = path.join(import.meta.dirname, '..', '..', 'main', 'cli.ts')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves as soon as what was written to that stream matches. @throws Error when the process ends before that */
  seen(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void>
  readonly finished: Promise<Finished>
}

interface Options {
  /** Standard input, whole; nothing by default. */
  readonly stdin?: string | Uint8Array
  readonly env?: Record<string, string>
  readonly nodeOptions?: readonly string[]
  /** What it can read from file descriptor 3. */
  readonly fd3?: string
}

/** Runs the real command line to its end, as a script does: without a terminal, not even a controlling one. */
export function warder(args: readonly string[], options: Options = {}): Promise<Finished> {
  const running = startWarder(args, options)
  running.child.stdin?.end(options.stdin ?? '')
  return running.finished
}

/** As {@link warder}, without waiting for it or closing its standard input. */
export function startWarder(args: readonly string[], options: Options = {}): Running {
  const running = start(process.execPath, [...(options.nodeOptions ?? []), entry, ...args], {
    // A session of its own: no controlling terminal, even when a person runs the tests from one.
    detached: true,
    env: { ...bareEnvironment(), HOME: '/nonexistent', ...options.env },
  })
  const third = running.child.stdio[3]
  if (third instanceof Writable) third.end(options.fd3)
  return running
}

/** The shipped command line, beside a companion that really runs: as a script runs it, or on a terminal. */
export function startBuilt(
  args: readonly string[],
  { terminal = false, env: own = {} }: { terminal?: boolean; env?: Record<string, string> } = {},
): Running {
  const env = { ...bareEnvironment(), NO_COLOR: '1', ...own }
  if (!terminal) return start(process.execPath, [cli, ...args], { detached: true, env })
  const words = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(' ')
  return start('script', ['--quiet', '--return', '--command', words, '/dev/null'], {
    detached: true,
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
  })
}

/** Runs the command line on a terminal of its own (util-linux `script`); both of its outputs arrive on `stdout`. */
export function startOnTerminal(args: readonly string[], stdinFrom?: string): Running {
  const words = [process.execPath, entry, ...args].map((word) => `'${word}'`).join(' ')
  const command = stdinFrom === undefined ? words : `${words} < '${stdinFrom}'`
  return start('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    detached: true,
    env: {
      ...bareEnvironment(),
      HOME: '/nonexistent',
      TERM: 'xterm',
      NO_COLOR: '1',
      SHELL: '/bin/sh',
    },
  })
}

function start(command: string, args: string[], options: SpawnOptions): Running {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  // A process that ends without reading what it was given closes its end: no concern of the test.
  for (const stream of [child.stdin, child.stdio[3]]) stream?.on('error', () => undefined)
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }))
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    async seen(stream, pattern) {
      while (!pattern.test(text[stream])) {
        const more = once(child[stream] ?? child, 'data').then(() => true)
        if (!(await Promise.race([more, finished.then(() => pattern.test(text[stream]))])))
          throw new Error(`ended without ${pattern} on ${stream}: ${text.stdout}${text.stderr}`)
      }
    },
    finished,
  }
}

/** The one JSON document that `--json` promises. */
export const document = ({ stdout }: { stdout: string }): unknown => JSON.parse(stdout)
