import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { z } from 'zod'

/** A child process that said it is ready. Disposing of it ends it by its id and waits until it is gone. */
export interface ReadyProcess<Ready> extends AsyncDisposable {
  readonly child: ChildProcess
  readonly ready: Ready
  /** The last 8 kB it wrote to stderr. */
  stderr(): string
}

export interface ReadyProcessOptions<Ready> {
  readonly command: string
  readonly args?: readonly string[]
  /** Added to {@link bareEnvironment}; nothing else of ours reaches the child. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Written to its standard input, which then ends; closed from the start when left out. */
  readonly input?: string
  /** Opens a channel for `process.send`; the child sees `disconnect` when this process is gone. */
  readonly ipc?: boolean
  /** Looks at one line of output; anything but `undefined` means ready. */
  readonly announced: (line: string) => Ready | undefined
  /** Milliseconds until a silent child counts as broken; 30,000 by default. */
  readonly deadline?: number
}

/** What every program needs to start, and no credential, display or session bus of whoever runs the tests. */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'TMPDIR', 'LANG', 'SystemRoot', 'TEMP', 'TMP', 'NODE_COMPILE_CACHE']
  return Object.fromEntries(names.flatMap((name) => pair(name, process.env[name])))
}

const pair = (name: string, value: string | undefined) =>
  value === undefined ? [] : [[name, value] as const]

/** Reads the ready line of our own programs: one JSON document on a line of its own. Other lines are passed over. */
export function jsonLine<T extends z.ZodType>(schema: T): (line: string) => z.infer<T> | undefined {
  return (line) => {
    if (!line.startsWith('{')) return undefined
    const result = schema.safeParse(JSON.parse(line))
    return result.success ? result.data : undefined
  }
}

/**
 * Starts a program and waits until it announces itself on stdout or stderr.
 * @throws Error with the end of its stderr when it ends, cannot be started or stays silent past the deadline
 */
export async function spawnReady<Ready>(
  options: ReadyProcessOptions<Ready>,
): Promise<ReadyProcess<Ready>> {
  const child = spawn(options.command, [...(options.args ?? [])], {
    cwd: options.cwd,
    env: { ...bareEnvironment(), ...options.env },
    stdio: [
      options.input === undefined ? 'ignore' : 'pipe',
      'pipe',
      'pipe',
      ...(options.ipc ? ['ipc' as const] : []),
    ],
    windowsHide: true,
  })
  adopt(child)
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)
  const stderr = tail(child)
  try {
    const ready = await announcement(child, options, stderr)
    return { child, ready, stderr, [Symbol.asyncDispose]: () => endProcess(child) }
  } catch (error) {
    await endProcess(child)
    throw error
  }
}

function announcement<Ready>(
  child: ChildProcess,
  { announced, deadline = 30_000 }: ReadyProcessOptions<Ready>,
  stderr: () => string,
): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>()
  const fail = (what: string) =>
    reject(new Error(`${path.basename(child.spawnfile)} ${what}\n${stderr()}`.trimEnd()))
  const timer = setTimeout(() => fail(`said nothing for ${deadline} ms`), deadline)
  const onExit = (code: number | null) => fail(`ended with ${code} before it was ready`)
  child.once('error', (error) => fail(`could not be started: ${error.message}`))
  child.once('exit', onExit)
  // The reader stays: a pipe that nobody drains would stop the child.
  for (const stream of [child.stdout, child.stderr])
    if (stream)
      createInterface({ input: stream }).on('line', (line) => {
        const ready = announced(line)
        if (ready !== undefined) resolve(ready)
      })
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('exit', onExit)
  })
}

/** Ends a child process by its id: SIGTERM, after five seconds SIGKILL. Resolves when it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(timer)
}

const living = new Set<ChildProcess>()

/** A test run that is cut short takes its children with it. */
function adopt(child: ChildProcess): void {
  if (living.size === 0) process.once('exit', killLiving)
  living.add(child)
  child.once('exit', () => {
    living.delete(child)
    if (living.size === 0) process.off('exit', killLiving)
  })
}

function killLiving(): void {
  for (const child of living) child.kill('SIGKILL')
}

function tail(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-8_192)
  })
  return () => text
}
