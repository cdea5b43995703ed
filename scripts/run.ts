import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'

/**
 * Runs a program to its end. Its output is held back and shown only when it fails, unless `stdio` says otherwise.
 * @returns its exit code; 128 + n when signal n ended it, as a shell would say
 * @throws Error where it cannot be started
 */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await exitCode(child)
  if (code !== 0) process.stderr.write(Buffer.concat(output))
  return code
}

/** Waits until a child is gone and its output has been read. */
export async function exitCode(child: ChildProcess): Promise<number> {
  await once(child, 'close')
  const { exitCode: code, signalCode: signal } = child
  return code ?? 128 + (signal ? os.constants.signals[signal] : 0)
}

/**
 * While the child lives, what asks us to end is passed on to it, and we end when it does.
 * @param to `group`: to everything it started, too; it has to be detached
 */
export function passSignalsTo(child: ChildProcess, to: { group?: boolean } = {}): void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const pass = (signal: NodeJS.Signals) => {
    // A terminal has told the child already, and a second Ctrl-C means haste.
    if (signal === 'SIGINT' && process.stdin.isTTY && !to.group) return
    if (to.group && child.pid) process.kill(-child.pid, signal)
    else child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  child.once('exit', () => {
    for (const signal of signals) process.off(signal, pass)
  })
}
