import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PRLIMIT } from './server-limits.ts'

const run = promisify(execFile)

/**
 * From now on a crash of this process, or of one that it starts, leaves no memory on the disk: there are tokens in it. One byte
 * is too little for any file, and the one limit with which Linux hands a dump to no program either (fs/coredump.c). Where it
 * cannot be done, the system decides.
 */
export async function forbidCoreDumps(): Promise<void> {
  if (process.platform !== 'linux') return
  await run(PRLIMIT, ['--pid', String(process.pid), '--core=1:1'], { env: {} }).catch(() => {})
}
