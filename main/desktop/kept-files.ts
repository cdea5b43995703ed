import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import type { FileKeeper, KeptFile } from '../ports.ts'

/** The files that a person has Warder write. No page ever names a place: `ask` is a dialog of the system. */
export interface KeptFiles extends FileKeeper {
  /** Of what is not finished, nothing is left. */
  discardAll(): void
}

/** @param ask where a file goes; an absolute path, or null where the person says no */
export function createKeptFiles(ask: (name: string) => Promise<string | null>): KeptFiles {
  const open = new Set<KeptFile>()
  return {
    async choose(name) {
      const file = await ask(name)
      if (file === null) return null
      const kept = beginFile(file, () => open.delete(kept))
      open.add(kept)
      return kept
    },
    discardAll() {
      for (const file of [...open]) file.discard()
    },
  }
}

/** Written beside its place and renamed when it is whole, mode 0600: it names servers and accounts. */
function beginFile(file: string, ended: () => void): KeptFile {
  const unique = randomBytes(6).toString('hex')
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${unique}.part`)
  let descriptor: number | null = null

  function close(): void {
    if (descriptor === null) return
    const closing = descriptor
    descriptor = null
    ended()
    closeSync(closing)
  }

  function discard(): void {
    try {
      close()
    } finally {
      rmSync(temporary, { force: true })
    }
  }

  function attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      try {
        discard()
      } catch {
        // The reason of the failed write is the one to tell.
      }
      throw new WarderError('store.unwritable', 'The file could not be written there.', { cause })
    }
  }

  descriptor = attempt(() => openSync(temporary, 'wx', 0o600))
  return {
    write: (text) =>
      attempt(() => {
        const bytes = Buffer.from(text)
        for (let written = 0; written < bytes.length; )
          written += writeSync(opened(descriptor), bytes, written)
      }),
    finish: () =>
      attempt(() => {
        fsyncSync(opened(descriptor))
        close()
        renameSync(temporary, file)
      }),
    discard() {
      if (descriptor !== null) discard()
    },
  }
}

function opened(descriptor: number | null): number {
  if (descriptor === null) throw new Error('The file was given up.')
  return descriptor
}
