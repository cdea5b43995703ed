import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { WarderError } from '../errors.ts'

/**
 * Replaces a file so that a reader, a crash or a full disk sees the old content or the new one, never a part: a
 * temporary file in the same directory, mode 0600, synced, then renamed over.
 *
 * @throws WarderError `store.unwritable`; the old file is as it was
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`)
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  try {
    const descriptor = openSync(temporary, 'w', 0o600)
    try {
      for (let written = 0; written < bytes.length; )
        written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, file)
    syncDirectory(path.dirname(file))
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw new WarderError('store.unwritable', `${file} could not be written; it is as it was.`, {
      cause,
    })
  }
}

/** @returns the text, or null where there is no such file */
export function readTextIfPresent(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function syncDirectory(directory: string): void {
  // Windows cannot open a directory for this; its rename is durable enough without.
  if (process.platform === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
