// The promise forms of `fs` and `timers`, and `child_process`, would cost every shim some megabytes and milliseconds.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type Stats,
} from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { codeOf, refused, ShimError, unknownName, unreachable } from './failure.ts'

const retryMs = 50
/** Between two starts of a companion that ended at once; doubles. */
const startAgainMs = 250

/**
 * Connects to the client's socket. Where nobody listens it starts the companion and tries again until the time is over;
 * shims that do so at once are harmless, since the second companion finds the first and leaves. One that found another
 * on its way out is started again.
 *
 * @param startMs how long that may take
 * @throws ShimError, or the signal's reason
 */
export async function reach(options: {
  home: string
  client: string
  startMs: number
  signal?: AbortSignal
}): Promise<net.Socket> {
  const { home, client, startMs, signal } = options
  const began = performance.now()
  let starting: Starting | undefined
  let next = 0
  let pause = startAgainMs
  for (;;) {
    const run = readRunFile(home)
    const found = await connectAs(client, run)
    if (found !== null && found !== 'closed') return found
    const passed = performance.now() - began
    if (starting?.failure)
      throw new ShimError(unreachable, `the companion cannot be started (${starting.failure})`)
    if (passed > startMs && found === 'closed')
      throw new ShimError(unreachable, 'the companion runs but does not let this client in')
    if (passed > startMs && starting)
      throw new ShimError(unreachable, 'the companion was started but does not answer')
    if (found === null && (starting === undefined || (starting.ended && passed >= next))) {
      starting = await startCompanion(run, home)
      next = passed + pause
      pause *= 2
    }
    await sleep(retryMs)
    signal?.throwIfAborted()
  }
}

/** Connects to the companion that runs. @returns null where none does @throws ShimError */
export async function find(home: string, client: string): Promise<net.Socket | null> {
  const found = await connectAs(client, readRunFile(home))
  return found === 'closed' ? null : found
}

/** @returns null where no companion listens, `closed` where one does and has closed the door of this client just now */
async function connectAs(client: string, run: RunFile): Promise<net.Socket | 'closed' | null> {
  const file = Object.hasOwn(run.clients, client) ? run.clients[client] : undefined
  const socket = file === undefined ? null : await connect(file)
  if (socket !== null) return socket
  // Only a companion that runs knows for sure: the client may have been added while it was down.
  const control = await connect(run.control)
  if (control === null) return null
  control.destroy()
  if (file !== undefined) return 'closed'
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
function readRunFile(home: string): RunFile {
  const name = path.join(home, 'run.json')
  const run = parseRunFile(readOurFile(name, home))
  if (run === null)
    throw new ShimError(unreachable, `${name} is damaged; start again with: warder serve`)
  return run
}

function readOurFile(name: string, home: string): string {
  try {
    const file = openSync(name, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    try {
      const stats = fstatSync(file)
      if (!stats.isFile() || !isOurs(stats, 0o022))
        throw new ShimError(refused, `${name} can be written by somebody else`)
      return readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof ShimError) throw error
    const absent = codeOf(error) === 'ENOENT'
    throw new ShimError(
      unreachable,
      absent
        ? `no companion has run in ${home}; start it with: warder serve`
        : `${name} cannot be read (${codeOf(error)})`,
    )
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
  if (process.platform !== 'win32' && !isOurSocket(file)) return null
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
function isOurSocket(file: string): boolean {
  try {
    const [folder, socket] = [lstatSync(path.dirname(file)), lstatSync(file)]
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
  ended?: boolean
}

/** Starts what was recorded, never with the client's own environment: that may be anything. */
async function startCompanion(run: RunFile, home: string): Promise<Starting> {
  const { spawn } = await import('node:child_process')
  const [program = '', ...args] = run.argv
  const starting: Starting = {}
  const child = spawn(program, args, {
    cwd: home,
    env: run.env,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  })
  child.once('error', (error) => {
    starting.failure = codeOf(error)
  })
  child.once('exit', () => {
    starting.ended = true
  })
  child.unref()
  return starting
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
