import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
} from 'node:fs'

/** Bytes; histories that clients keep in the same file grow to some tens of megabytes. */
const LARGEST = 64 * 1024 * 1024

/** The file of a client at one moment. */
export type FileNow =
  | { readonly state: 'absent'; readonly file: string }
  | {
      readonly state: 'there'
      readonly file: string
      /** Where the bytes are, links followed. */
      readonly target: string
      /** The file itself is a link, not only a folder above it. */
      readonly isLink: boolean
      readonly bytes: Buffer
      readonly sha256: string
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | { readonly state: 'unusable'; readonly file: string; readonly problem: string }

/** Links are followed: people keep their settings in a repository. A pipe is not opened for long, nor a device read. */
export function lookAt(file: string): FileNow {
  const unusable = (problem: string): FileNow => ({ state: 'unusable', file, problem })
  let isLink: boolean
  try {
    const named = lstatSync(file, { throwIfNoEntry: false })
    if (named === undefined) return { state: 'absent', file }
    isLink = named.isSymbolicLink()
  } catch {
    return unusable(`${file} cannot be looked at.`)
  }
  let target: string
  let descriptor: number
  try {
    target = realpathSync(file)
  } catch {
    return unusable(`${file} is a link that leads nowhere.`)
  }
  try {
    const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants
    descriptor = openSync(target, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
  } catch {
    return unusable(`${file} cannot be read.`)
  }
  try {
    const about = fstatSync(descriptor)
    if (!about.isFile()) return unusable(`${file} is not a file.`)
    if (!isOurs(about)) return unusable(`${file} belongs to another user.`)
    if (about.size > LARGEST) return unusable(`${file} is larger than 64 MiB.`)
    const bytes = readFileSync(descriptor)
    const { mode, uid, gid } = about
    return { state: 'there', file, target, isLink, bytes, sha256: sha256(bytes), mode, uid, gid }
  } catch {
    return unusable(`${file} cannot be read.`)
  } finally {
    closeSync(descriptor)
  }
}

/** @throws TypeError where it is not UTF-8: an edit of ours would change more than it means to */
export const textOf = (bytes: Buffer): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex')

const isOurs = ({ uid }: Stats) => process.getuid === undefined || uid === process.getuid()
