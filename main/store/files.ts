import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { WarderError } from '../errors.ts'

/**
 * Replaces a file so that a reader, a crash or a full disk sees the old content or the new one, never a part: a
 * temporary file in the same directory, mode 0600, synced, then renamed over.
 *
 * @throws WarderError `store.unwritable`; the old file is as it was
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  // A name of its own and `x`: neither a leftover of another mode nor a planted link is ever written through.
  const unique = randomBytes(6).toString('hex')
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${unique}.tmp`)
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  try {
    const descriptor = openSync(temporary, 'wx', 0o600)
    try {
      for (let written = 0; written < bytes.length; )
        written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, file)
  } catch (cause) {
    discard(temporary)
    throw new WarderError('store.unwritable', `${file} could not be written; it is as it was.`, {
      cause,
    })
  }
  syncDirectory(path.dirname(file))
}

function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true })
  } catch {
    // The reason of the failed write is the one to tell.
  }
}

/** Makes the rename last through a power cut where the file system can; the new file is in place either way. */
export function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Windows cannot open a directory for this, and some file systems cannot sync one.
  }
}
