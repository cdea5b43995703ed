/**
 * `warder mcp`: what an MCP client starts. It finds the companion's socket for this client, starts the companion where it
 * is not running, and hands messages on as they are, over the lives of as many companions as it takes. It holds no
 * secret, and imports nothing but Node, so that any Node runs it at once.
 */
import { realpathSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { type Every, parentOf, unheld } from './departure.ts'
import { codeOf, refused, ShimError, wrongUsage } from './failure.ts'
import { find, reach } from './reach.ts'
import { runSession } from './session.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The process around the shim; an argument for tests. */
export interface ShimIo {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Environment
  /** The process that started us; another one when that has ended. */
  readonly ppid: number
  /** Set at the end. */
  exitCode?: number | string | null | undefined
  /** How long a companion that was started may take until it listens. */
  readonly startMs?: number
  readonly every?: Every
}

const usage = 'usage: warder mcp --client NAME [--server NAME] [--home DIR]'
const defaultStartMs = 20_000

/**
 * Runs until the client goes away, and sets the exit code. Nothing but MCP is written to stdout. Once the client is
 * connected, whatever happens to the companion is told in answers.
 *
 * @param argv what follows `warder mcp`
 * @returns the exit code: 0 after the client left, 1 a socket or file that is not ours, 2 wrong usage, 3 unknown client,
 *   69 companion unreachable
 */
export async function runShim(argv: readonly string[], io: ShimIo = process): Promise<number> {
  // With nobody left to tell, there is nothing to tell.
  io.stderr.on('error', () => {})
  const exitCode = await shim(argv, io).catch((error: unknown) => {
    const known = error instanceof ShimError
    const message = known ? error.message : `the shim failed (${codeOf(error)})`
    io.stderr.write(`warder: ${message}\n`)
    return known ? error.exitCode : refused
  })
  // A stream that is still open would keep the process.
  io.stdin.destroy()
  io.exitCode = exitCode
  return exitCode
}

async function shim(argv: readonly string[], io: ShimIo): Promise<number> {
  const { client, server, home } = readArguments(argv, io.env)
  const startMs = io.startMs ?? defaultStartMs
  const { stdin, stdout, stderr } = io
  return runSession({
    stdin,
    stdout,
    stderr,
    hello: `${JSON.stringify({ warder: 1, server, folder: startedIn() })}\n`,
    socket: await reach({ home, client, startMs }),
    reach: (signal) => reach({ home, client, startMs, signal }),
    find: () => find(home, client),
    home,
    parent: parentOf(io),
    every: io.every ?? unheld,
  })
}

/** Where the client started us, links followed; undefined where that folder is gone, or may not be seen. */
function startedIn(): string | undefined {
  try {
    return realpathSync.native(process.cwd())
  } catch {
    return undefined
  }
}

function readArguments(argv: readonly string[], env: Environment) {
  const text = { type: 'string' } as const
  let values: { client?: string; server?: string; home?: string }
  try {
    const options = { client: text, server: text, home: text }
    values = parseArgs({ args: [...argv], options, allowPositionals: false }).values
  } catch {
    throw new ShimError(wrongUsage, usage)
  }
  const { client, server } = values
  if (!client || server === '') throw new ShimError(wrongUsage, usage)
  return { client, server, home: shimHome({ flag: values.home, env }) }
}

/** The twin of `homeDirectory` in `store/home.ts`; a test holds the two equal. */
export function shimHome(options: { flag?: string | undefined; env: Environment }): string {
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
