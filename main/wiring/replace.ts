import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import { syncDirectory } from '../store/files.ts'
import { type FileNow, lookAt } from './client-file.ts'

/**
 * Puts new bytes in the place of a client's file, or takes the file away, where it still is what was looked at. A reader
 * and a crash see the old file or the new one. Links stay links; mode, owner and group stay.
 *
 * @param before the file as it was when the change was shown
 * @param after null: no file
 * @param mode of a file that was not there
 * @throws WarderError `wiring.not_ours`, `wiring.changed`, `wiring.unwritable`; the file and the folders are as they were
 */
export function replaceClientFile(before: FileNow, after: Buffer | null, mode: number): void {
  refuseUnwritable(before)
  refuseChanged(before)
  const target = before.state === 'there' ? before.target : before.file
  const missing = after === null ? [] : missingFolders(target)
  try {
    if (after === null) rmSync(target)
    else {
      // Who may read the file has to get there.
      const folders = (mode & 0o044) === 0 ? 0o700 : 0o755
      mkdirSync(path.dirname(target), { recursive: true, mode: folders })
      writeBeside(target, after, before, mode)
    }
  } catch (cause) {
    removeEmptyFolders(missing)
    if (cause instanceof WarderError) throw cause
    throw new WarderError(
      'wiring.unwritable',
      `${before.file} could not be written; it is as it was.`,
      { cause },
    )
  }
}

/** @throws WarderError `wiring.not_ours` */
export function refuseUnwritable(now: FileNow): void {
  if (now.state === 'unusable') throw new WarderError('wiring.not_ours', now.problem)
  // A bit that even root heeds: whoever took it away did not want the file to be changed.
  if (now.state === 'there' && (now.mode & 0o200) === 0)
    throw new WarderError('wiring.not_ours', `${now.file} is read-only.`)
}

function refuseChanged(before: FileNow): void {
  const now = lookAt(before.file)
  const same =
    before.state === 'there'
      ? now.state === 'there' && now.sha256 === before.sha256 && now.target === before.target
      : now.state === before.state
  if (!same)
    throw new WarderError(
      'wiring.changed',
      `${before.file} is no longer what it was when the change was shown. Nothing was written.`,
    )
}

function writeBeside(target: string, bytes: Buffer, before: FileNow, mode: number): void {
  const unique = randomBytes(6).toString('hex')
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${unique}.tmp`)
  try {
    const descriptor = openSync(temporary, 'wx', 0o600)
    try {
      dress(descriptor, before, mode)
      for (let written = 0; written < bytes.length; )
        written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    // As late as can be: a client may write its file at any moment.
    refuseChanged(before)
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(path.dirname(target))
}

function dress(descriptor: number, before: FileNow, mode: number): void {
  if (before.state !== 'there') {
    fchmodSync(descriptor, mode)
    return
  }
  const { uid, gid } = fstatSync(descriptor)
  if (uid !== before.uid || gid !== before.gid) fchownSync(descriptor, before.uid, before.gid)
  fchmodSync(descriptor, before.mode & 0o7777)
}

/** Folders that have to be made for a file, outermost first. */
export function missingFolders(file: string): string[] {
  const folder = path.dirname(file)
  return existsSync(folder) || folder === file ? [] : [...missingFolders(folder), folder]
}

/** Folders that were made for a file go with it, as far as nobody else has put something there. */
export function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of folders.toReversed())
    try {
      rmdirSync(folder)
    } catch {
      return
    }
}
