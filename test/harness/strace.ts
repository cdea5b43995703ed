import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { testHome } from './home.ts'

/** One program that the kernel was asked to start, as it was asked. */
export interface Exec {
  readonly file: string
  readonly argv: readonly string[]
}

/** What happened between two marks. */
export interface Watched {
  readonly execs: readonly Exec[]
  /** New processes; threads are none. */
  readonly processes: number
}

/** Where a watched program says what it is about to do: a look at a file that is not there. */
export const markFile = (mark: string) => `/warder-watched/${mark}`

/** @returns why nothing can be watched here, or null */
export function cannotWatch(): string | null {
  if (process.platform !== 'linux') return 'strace is a program of Linux'
  const { error, status } = spawnSync('strace', ['-qq', '-f', '-o', '/dev/null', 'true'])
  if (error) return 'the program strace is missing'
  return status === 0 ? null : 'this machine does not let strace watch a process'
}

/**
 * Runs a Node program and everything it starts under strace.
 * @returns what the kernel was asked for after each mark, and what the program printed
 */
export async function watch(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly marks: ReadonlyMap<string, Watched>; readonly stdout: string }> {
  await using home = await testHome()
  const log = path.join(home.path, 'strace')
  const calls = 'execve,execveat,?access,?faccessat,?faccessat2,?fork,?vfork,?clone,?clone3'
  // -xx: every string as bytes, so that none of them can look like the end of another.
  const options = ['-f', '-qq', '-xx', '-s', '1000000', '-e', `trace=${calls}`, '-o', log]
  const { stdout } = await promisify(execFile)('strace', [...options, process.execPath, ...args], {
    env,
    maxBuffer: 1 << 26,
  })
  return { marks: readLog(await readFile(log, 'latin1')), stdout }
}

function readLog(log: string): Map<string, Watched> {
  const marks = new Map<string, { execs: Exec[]; processes: number }>()
  let current: { execs: Exec[]; processes: number } | undefined
  for (const line of log.split('\n')) {
    // A call that was interrupted by another process's has its arguments on its first line.
    const [, call = ''] = /^\d+ +(\w+)\(/.exec(line) ?? []
    if (call.includes('access')) {
      const [file = ''] = strings(line)
      if (!file.startsWith(markFile(''))) continue
      current = { execs: [], processes: 0 }
      marks.set(file.slice(markFile('').length), current)
    } else if (call.startsWith('exec')) {
      const [file = '', ...argv] = strings(line)
      current?.execs.push({ file, argv })
    } else if (call !== '' && current !== undefined && !line.includes('CLONE_THREAD')) {
      current.processes++
    }
  }
  return marks
}

function strings(line: string): string[] {
  return [...line.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex').toString(),
  )
}
