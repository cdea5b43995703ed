import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants, rmSync } from 'node:fs'
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { WarderError } from '../errors.ts'
import { fillPlaceholders } from '../store/local-schema.ts'

/** Credentials that a local server gets otherwise than in its environment. */
export interface Placed {
  /** Variable → what the file has in it that the variable leads to. */
  readonly files: Readonly<Record<string, PlacedFile>>
  /** Placeholder → what it becomes. */
  readonly arguments: Readonly<Record<string, string>>
  /** Where it is to listen: {port} in its arguments. */
  readonly port?: number
}

export interface PlacedFile {
  readonly value: string
  /** A named pipe: gone once it was read. */
  readonly once: boolean
}

export const NOTHING_PLACED: Placed = { files: {}, arguments: {} }

/** The same on disk, for one process. */
export interface Placement {
  /** Variables with the paths. */
  readonly environment: Readonly<Record<string, string>>
  readonly args: readonly string[]
  /** Puts renewed values into the files in one step each; a reader sees the old or the new one. */
  refeed(files: Placed['files']): Promise<void>
  /** Ends what is left of them. */
  remove(): Promise<void>
}

/** How often it is looked whether somebody opened a pipe, or read of it: the system has no event for it. */
const PIPE_POLL_MS = 25

/**
 * Clears what a run that was killed has left; nobody reads it any more.
 *
 * @returns where the files of this run go, and of no other: the guardian of a run that was killed clears its own when the
 *   next one may already write
 */
export function openCredentialFolder(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  return path.join(folder, randomUUID())
}

/**
 * Writes each value into a file of mode 0600, in a folder of mode 0700 that is this process's alone.
 *
 * @param folder absolute; everything in it is ours
 * @throws WarderError `server.start_failed`
 */
export async function placeCredentials(
  folder: string,
  placed: Placed,
  written: readonly string[],
): Promise<Placement> {
  const { port } = placed
  const args =
    port === undefined ? written : written.map((arg) => arg.replaceAll('{port}', String(port)))
  const names = Object.keys(placed.files)
  if (names.length === 0)
    return {
      environment: {},
      args: fillPlaceholders(args, (_kind, name) => placed.arguments[name]),
      refeed: async () => {},
      remove: async () => {},
    }

  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = await mkdtemp(path.join(folder, 's-'))
  const over = new AbortController()
  const place = (name: string) => path.join(own, name)
  const remove = async () => {
    over.abort()
    await rm(own, { recursive: true, force: true })
  }
  try {
    for (const [name, { value, once }] of Object.entries(placed.files))
      if (once) await makePipe(place(name), value, over.signal)
      else await writeFile(place(name), value, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    await remove()
    throw new WarderError('server.start_failed', 'A file for its credential cannot be made.', {
      cause,
    })
  }
  return {
    environment: Object.fromEntries(names.map((name) => [name, place(name)])),
    args: fillPlaceholders(args, (kind, name) =>
      kind === 'file' ? place(name) : placed.arguments[name],
    ),
    async refeed(files) {
      for (const [name, { value, once }] of Object.entries(files)) {
        if (once || over.signal.aborted) continue
        const fresh = `${place(name)}.new`
        await rm(fresh, { force: true })
        await writeFile(fresh, value, { mode: 0o600, flag: 'wx' })
        await rename(fresh, place(name))
      }
    },
    remove,
  }
}

const run = promisify(execFile)

/** Node cannot make one, but POSIX has a program for it. */
async function makePipe(file: string, value: string, signal: AbortSignal): Promise<void> {
  await run('/usr/bin/mkfifo', ['-m', '600', file], { env: {} })
  feed(file, value, signal).catch(() => {})
}

/** Opening a pipe to write waits for its reader, in a thread that others need; so it is tried until there is one. */
async function feed(file: string, value: string, signal: AbortSignal): Promise<void> {
  const { O_WRONLY, O_NONBLOCK } = constants
  while (!signal.aborted) {
    const pipe = await open(file, O_WRONLY | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENXIO') return null
      throw error
    })
    if (pipe !== null) {
      try {
        // Nobody else can open it any more; who has it open gets the value and then its end.
        await rm(file, { force: true })
        await writeAll(pipe, Buffer.from(value), signal)
      } finally {
        await pipe.close()
      }
      return
    }
    await sleep(PIPE_POLL_MS, undefined, { signal, ref: false })
  }
}

/** A pipe holds some kilobytes, a page where the user has many of them: the rest waits for the reader. */
async function writeAll(pipe: FileHandle, bytes: Buffer, signal: AbortSignal): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const taken = await pipe.write(bytes, written).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EAGAIN') return null
      throw error
    })
    if (taken === null) await sleep(PIPE_POLL_MS, undefined, { signal, ref: false })
    else written += taken.bytesWritten
  }
}
