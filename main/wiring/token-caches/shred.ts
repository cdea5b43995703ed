import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { WarderError } from '../../errors.ts'
import { editJson } from '../../store/config-edit.ts'
import { replaceFile } from '../../store/files.ts'
import { readOwn } from './find.ts'
import type { CachedGrant } from './types.ts'

/**
 * Takes a grant out of the files of the program that kept it: its own files are overwritten and deleted; in a file of
 * many, its entry is taken out, every other byte stays, and the old bytes are overwritten. What a file system or a disk
 * copied elsewhere (journal, snapshot, backup, wear levelling) is out of reach.
 *
 * @throws WarderError `import.changed` where the file is no longer what was read; `store.unwritable`
 */
export function shred(grant: CachedGrant): void {
  const now = readOwn(grant.file)
  if (now === null || Math.floor(now.about.mtimeMs) !== grant.writtenAt) throw changed(grant.file)
  if (grant.entry.length === 0) {
    for (const file of [grant.file, ...grant.companions]) wipe(file)
    return
  }
  const edited = editJson(now.text, [...grant.entry], undefined)
  const old = openSync(grant.file, writable)
  try {
    replaceFile(grant.file, edited)
    overwrite(old)
  } finally {
    closeSync(old)
  }
}

const { O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
const writable = O_WRONLY | O_NOFOLLOW | O_NONBLOCK

function wipe(file: string): void {
  if (readOwn(file) === null) return
  try {
    const descriptor = openSync(file, writable)
    try {
      overwrite(descriptor)
    } finally {
      closeSync(descriptor)
    }
    rmSync(file)
  } catch (cause) {
    throw new WarderError('store.unwritable', `${file} could not be shredded.`, { cause })
  }
}

/** In place and synced, so that the blocks that held the token are the ones that are written. */
function overwrite(descriptor: number): void {
  const { size } = fstatSync(descriptor)
  const noise = randomBytes(size)
  for (let written = 0; written < size; )
    written += writeSync(descriptor, noise, written, size - written, written)
  fsyncSync(descriptor)
}

const changed = (file: string) =>
  new WarderError(
    'import.changed',
    `${file} is no longer what was read: look again before it is shredded.`,
  )
