import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { isWarderError, toWarderError, WarderError } from '../errors.ts'
import type { Room } from './budget.ts'
import { childEnvironment } from './environment.ts'
import { describeExit, nodeErrorCode } from './exit.ts'
import { defaultLineLimits, readLines } from './lines.ts'
import { NOTHING_PLACED, type Placed, type Placement, placeCredentials } from './placed.ts'
import { roomOf } from './room.ts'
import type { Run } from './runs.ts'
import { limited, type ServerLimits, unlimitable, watchUsage } from './server-limits.ts'
import type { LogWriter } from './server-log.ts'
import { createStderrTail } from './stderr-tail.ts'
import { defaultGrace, endServer, type StopGrace, type StopTimer } from './stop.ts'
import { writeTogether } from './write-together.ts'

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** How a local server ended. `error` says it in words: `server.start_failed` if it never wrote a line. */
export interface ServerExit extends Ended {
  readonly error: WarderError
  /** It ever wrote a line. */
  readonly answered: boolean
  /** It ended because it was told to. */
  readonly wanted: boolean
}

export interface LocalServerOptions {
  readonly name: string
  readonly run: Pick<Run, 'file' | 'args' | 'cwd'>
  /** What the definition injects, references resolved. Goes into the child's environment and nowhere else. */
  readonly environment: Readonly<Record<string, string>>
  /** What it gets in files and arguments. */
  readonly placed?: Placed
  /** Where such files are made. */
  readonly credentialFolder?: string
  /** Takes all that it writes to stderr, as it comes. */
  readonly log?: LogWriter
  /** Replaces every known secret in a text: what the server writes to stderr passes through it. */
  readonly mask: (text: string) => string
  /** Called with the id of its process, which leads its group, before anything else can happen. */
  readonly onSpawn?: (pid: number) => void
  /** Called with each line of its output in order; a returned promise holds the next line back. */
  readonly onLine: (line: string) => void | Promise<void>
  /** A line that was not UTF-8 was dropped. @see LineHandlers.onDropped */
  readonly onDropped?: (remains: string) => void
  /** Called once, after the last line, however the server ended. */
  readonly onExit: (exit: ServerExit) => void
  /** What it and all that it starts may use. */
  readonly limits?: ServerLimits
  readonly grace?: StopGrace
  readonly stopTimer?: StopTimer
  readonly maxLineBytes?: number
  /** Where a line of it counts that has not come whole. */
  readonly room?: Room
}

export interface LocalServerProcess {
  readonly pid: number
  /**
   * Writes one line. Settles when the server's input takes more.
   * @throws WarderError `server.ended` when nobody reads any more, `server.unreachable` when too much waits unread
   */
  send(text: string): Promise<void>
  /**
   * Ends the server and all it started: end of input, SIGTERM, SIGKILL. May be called again, also to hurry an end that
   * is under way. Resolves when none is left.
   *
   * @param manner `at-once`: it holds what was revoked, so it gets no time to leave by itself
   * @throws WarderError `server.stop_failed`
   */
  stop(manner?: 'at-once'): Promise<void>
  /** Puts renewed values into its files. @throws Error where the disk does not take them */
  refeed(placed: Placed): Promise<void>
  /** The end of what it wrote to stderr, masked. */
  stderr(): string
}

/** What may wait in memory for a server that does not read. */
const maxUnreadBytes = 32 * 1024 * 1024
/** How long the last lines may take when all is ended: a process that left the group on purpose may hold the pipe. */
const lastLinesMs = 1_000

/**
 * Starts a local server without a shell, in a process group of its own and with nothing of our environment but what any
 * program needs.
 *
 * @throws WarderError `server.start_failed` with the reason in words
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServerProcess> {
  const { name, onExit, mask, grace = defaultGrace } = options
  const { placed = NOTHING_PLACED, credentialFolder = tmpdir(), run } = options
  const placement = await placeCredentials(credentialFolder, placed, run.args)
  const child = await spawnServer(options, placement).catch(async (error: unknown) => {
    await placement.remove()
    throw error
  })
  const tail = createStderrTail(mask)
  let answered = false
  let wanted = false
  let failure: WarderError | undefined
  let stopping: Promise<void> | undefined

  const { promise: exited, resolve: onExited } = Promise.withResolvers<Ended>()
  child.once('exit', (code, signal) => onExited({ code, signal }))
  const hurry = new AbortController()
  const stop = (manner?: 'at-once') => {
    if (manner === 'at-once') hurry.abort()
    stopping ??= endServer({
      ...{ name, child, exited, grace, hurry: hurry.signal },
      ...(options.stopTimer && { timer: options.stopTimer }),
    })
    return stopping
  }
  /** A server that broke the protocol, or left part of itself behind, is ended by us. */
  const giveUp = (error?: WarderError, manner?: 'at-once') => {
    failure ??= error
    stop(manner).catch(() => {})
  }
  const unwatch = watchUsage({
    ...{ name, group: child.pid, limits: options.limits ?? {} },
    over: (error) => giveUp(error, 'at-once'),
  })

  const room = roomOf(child.stdin)
  child.on('error', () => {})
  child.stderr.on('data', (chunk: Buffer) => {
    tail.push(chunk)
    options.log?.push(chunk)
  })
  child.stdin.on('error', () => giveUp())
  const reading = readLines(
    child.stdout,
    {
      onLine(line) {
        answered = true
        return options.onLine(line)
      },
      onDropped: (remains) => options.onDropped?.(remains),
    },
    {
      maxBytes: options.maxLineBytes ?? defaultLineLimits.maxBytes,
      ...(options.room && { room: options.room }),
    },
  ).then(
    () => giveUp(),
    (error: unknown) => {
      child.stdout.destroy()
      giveUp(readFailure(error, name))
    },
  )

  void exited.then(async ({ code, signal }) => {
    unwatch()
    const gone = stop().catch(() => {})
    await placement.remove().catch(() => {})
    await Promise.race([reading, gone.then(() => sleep(lastLinesMs, undefined, { ref: false }))])
    child.stdout.destroy()
    const error = failure ?? describeExit({ name, code, signal, answered, stderr: tail.text(500) })
    options.log?.end()
    onExit({ code, signal, error, answered, wanted })
  })

  return {
    pid: child.pid,
    send: (text) => send(child, room, text, name),
    stop(manner) {
      // What broke before is no end that anybody wanted.
      wanted ||= stopping === undefined
      return stop(manner)
    },
    refeed: ({ files }) => placement.refeed(files),
    stderr: () => tail.text(4_000),
  }
}

/** A child that has its process id, as each has that was spawned. */
type Spawned = ChildProcessWithoutNullStreams & { readonly pid: number }

async function spawnServer(
  options: LocalServerOptions,
  { environment, args }: Placement,
): Promise<Spawned> {
  const { name, run, limits = {} } = options
  const env = childEnvironment({ ...options.environment, ...environment })
  const refuse = (reason: string): never => {
    throw new WarderError('server.start_failed', `${name} could not be started: ${reason}.`, {
      details: { server: name },
    })
  }

  // Node's own error about a NUL byte quotes the value, which may be the credential.
  for (const [variable, value] of Object.entries(env))
    if (value.includes('\0')) refuse(`the value of ${variable} has a NUL byte`)
  if (args.some((arg) => arg.includes('\0'))) refuse('an argument has a NUL byte')

  const problem = unlimitable(limits)
  if (problem !== null) refuse(problem)
  const command = limited(run.file, args, limits)
  try {
    const child = spawn(command.file, command.args, {
      cwd: run.cwd,
      env,
      shell: false,
      windowsHide: true,
      // Its own process group, so that all it starts can be ended with it.
      detached: process.platform !== 'win32',
    })
    if (child.pid !== undefined) options.onSpawn?.(child.pid)
    await once(child, 'spawn')
    return child as Spawned
  } catch (error) {
    return refuse(`the operating system answered ${nodeErrorCode(error)}`)
  }
}

async function send(
  child: ChildProcessWithoutNullStreams,
  room: ReturnType<typeof roomOf>,
  text: string,
  name: string,
): Promise<void> {
  const { stdin } = child
  if (/[\r\n]/.test(text)) throw new WarderError('bridge.malformed', 'A message has a line break.')
  if (!stdin.writable) throw new WarderError('server.ended', `${name} no longer reads.`)
  if (stdin.writableLength > maxUnreadBytes)
    throw new WarderError('server.unreachable', `${name} does not read what it is sent.`)
  // Calls that were recorded together are sent in one tick, one after the other.
  if (writeTogether(stdin, `${text}\n`, process.nextTick)) return
  // What breaks the pipe is told by the exit.
  await room()
  if (!stdin.writable) throw new WarderError('server.ended', `${name} no longer reads.`)
}

function readFailure(error: unknown, name: string): WarderError {
  if (isWarderError(error, 'bridge.too_large'))
    return new WarderError(
      'server.protocol',
      `${name} wrote a line that is too long; it was ended.`,
    )
  if (isWarderError(error, 'bridge.busy'))
    return new WarderError('bridge.busy', `There is no room for what ${name} wrote; it was ended.`)
  return toWarderError(error)
}
