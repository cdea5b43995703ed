/**
 * `warder mcp`: what an MCP client starts. It finds the companion's socket for this client, starts the companion where it
 * is not running, and pumps bytes. It holds no secret, reads no message, and imports nothing but Node, so that any Node
 * runs it at once.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants, realpathSync, type Stats } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

type Environment = Readonly<Record<string, string | undefined>>

/** The process around the shim; an argument for tests. */
export interface ShimIo {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Environment
  /** Set at the end. */
  exitCode?: number | string | null | undefined
  /** How long a companion that was started may take until it listens. */
  readonly startMs?: number
}

/** Exit codes of the command line; the words go to stderr. */
class ShimError extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

const refused = 1
const wrongUsage = 2
const unknownName = 3
const unreachable = 69

const usage = 'usage: warder mcp --client NAME [--server NAME] [--home DIR]'
const defaultStartMs = 10_000
const retryMs = 50
/** How long answers are waited for after the client has closed its side. */
const lastAnswersMs = 5_000

/**
 * Runs until the client or the companion goes away, and sets the exit code. Nothing but what the companion
 * sent is written to stdout.
 *
 * @param argv what follows `warder mcp`
 * @returns the exit code: 0 after the client left, 1 a socket or file that is not ours, 2 wrong usage, 3 unknown client,
 *   69 companion unreachable or gone
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
  const socket = await reach(home, client, io.startMs ?? defaultStartMs)
  socket.write(`${JSON.stringify({ warder: 1, server, folder: startedIn() })}\n`)
  return pump(io, socket)
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

/**
 * Connects to the client's socket. Where nobody listens it starts the companion and tries again until the time is over;
 * two shims that do so at once are harmless, since the second companion finds the first and leaves.
 */
async function reach(home: string, client: string, startMs: number): Promise<net.Socket> {
  let companion: Starting | undefined
  for (const deadline = performance.now() + startMs; ; await sleep(retryMs)) {
    const run = await readRunFile(home)
    const socket = await connectAs(client, run)
    if (socket) return socket
    companion ??= startCompanion(run, home)
    if (companion.failure)
      throw new ShimError(unreachable, `the companion cannot be started (${companion.failure})`)
    if (performance.now() > deadline)
      throw new ShimError(unreachable, 'the companion was started but does not answer')
  }
}

/** @returns null where no companion listens */
async function connectAs(client: string, run: RunFile): Promise<net.Socket | null> {
  const file = Object.hasOwn(run.clients, client) ? run.clients[client] : undefined
  if (file !== undefined) return connect(file)
  // Only a companion that runs knows for sure: the client may have been added while it was down.
  const control = await connect(run.control)
  if (control === null) return null
  control.destroy()
  throw new ShimError(
    unknownName,
    `no client is named ${JSON.stringify(client)}: add it with "warder client add NAME", or see "warder approvals" if it waits there`,
  )
}

interface RunFile {
  readonly control: string
  readonly clients: Readonly<Record<string, string>>
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Reads `run.json`. Whoever can write it decides what we execute, so it has to be ours alone. */
async function readRunFile(home: string): Promise<RunFile> {
  const name = path.join(home, 'run.json')
  const text = await readOurFile(name).catch((error: unknown) => {
    if (error instanceof ShimError) throw error
    const absent = codeOf(error) === 'ENOENT'
    throw new ShimError(
      unreachable,
      absent
        ? `no companion has run in ${home}; start it with: warder serve`
        : `${name} cannot be read (${codeOf(error)})`,
    )
  })
  const run = parseRunFile(text)
  if (run === null)
    throw new ShimError(unreachable, `${name} is damaged; start again with: warder serve`)
  return run
}

async function readOurFile(name: string): Promise<string> {
  const file = await open(name, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    const stats = await file.stat()
    if (!stats.isFile() || !isOurs(stats, 0o022))
      throw new ShimError(refused, `${name} can be written by somebody else`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function parseRunFile(text: string): RunFile | null {
  try {
    const { version, control, clients, argv, env } = JSON.parse(text)
    const valid =
      version === 1 &&
      typeof control === 'string' &&
      isTextRecord(clients) &&
      isTextRecord(env) &&
      Array.isArray(argv) &&
      argv.every((argument) => typeof argument === 'string') &&
      path.isAbsolute(argv[0] ?? '')
    return valid ? { control, clients, argv, env } : null
  } catch {
    return null
  }
}

const isTextRecord = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((entry) => typeof entry === 'string')

/** @returns null where nobody listens */
async function connect(file: string): Promise<net.Socket | null> {
  if (process.platform !== 'win32' && !(await isOurSocket(file))) return null
  const socket = net.connect(file)
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error) => {
      const absent = ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error))
      if (absent) resolve(null)
      else reject(new ShimError(unreachable, `the socket does not answer (${codeOf(error)})`))
    })
  })
}

/**
 * Whoever owns the socket reads what the client says, so nobody else may have put it there: it and its folder belong to
 * us, nobody else may write to the folder or connect to the socket.
 *
 * @returns false where there is none
 */
async function isOurSocket(file: string): Promise<boolean> {
  try {
    const [folder, socket] = [await lstat(path.dirname(file)), await lstat(file)]
    if (folder.isDirectory() && isOurs(folder, 0o022) && socket.isSocket() && isOurs(socket, 0o077))
      return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  throw new ShimError(refused, `${file} is not a socket that only you can reach`)
}

/** @param forbidden the permission bits that nobody may have */
const isOurs = (stats: Stats, forbidden: number): boolean =>
  process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & forbidden) === 0)

interface Starting {
  failure?: string
}

/** Starts what was recorded, never with the client's own environment: that may be anything. */
function startCompanion(run: RunFile, home: string): Starting {
  const [program = '', ...args] = run.argv
  const starting: Starting = {}
  const child: ChildProcess = spawn(program, args, {
    cwd: home,
    env: run.env,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  })
  child.once('error', (error) => {
    starting.failure = codeOf(error)
  })
  child.unref()
  return starting
}

/** @returns the exit code: 0 when the client left, 69 when the companion did */
function pump(io: ShimIo, socket: net.Socket): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  let clientLeft = false
  let lastAnswers: NodeJS.Timeout | undefined
  const leave = () => {
    clientLeft = true
    socket.destroy()
  }

  io.stdin.once('end', () => {
    clientLeft = true
    lastAnswers = setTimeout(leave, lastAnswersMs)
  })
  io.stdin.on('error', leave)
  io.stdout.on('error', leave)
  socket.on('error', () => {})
  socket.once('close', () => {
    clearTimeout(lastAnswers)
    if (!clientLeft) io.stderr.write('warder: the companion has ended the connection\n')
    resolve(clientLeft ? 0 : unreachable)
  })

  io.stdin.pipe(socket)
  socket.pipe(io.stdout, { end: false })
  return promise
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown error'
}
