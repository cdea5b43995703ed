import { mkdirSync } from 'node:fs'
import { WarderError } from '../errors.ts'

/** A folder of Warder's home, and the home where it is not there yet: for this user alone. @throws WarderError `store.unwritable` */
export function privateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new WarderError('store.unwritable', `${folder} cannot be created.`, { cause })
  }
}
