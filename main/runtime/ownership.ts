import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import path from 'node:path'

/**
 * Who else could change what is about to be run: whoever owns it or a folder above it, and whoever may write there. Root
 * could anyway.
 */
export interface Ownership {
  /** @returns why a path cannot be trusted, in words that begin with the path; null where nobody else can write it */
  problem(path: string): string | null
}

export interface OwnershipSystem {
  readonly uid: number
  readonly lstat: (
    path: string,
  ) => Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink' | 'isDirectory'>
  readonly readlink: (path: string) => string
  /** True where the members of a group are root and the user alone. */
  readonly ownGroup: (gid: number) => boolean
}

const GROUP_WRITE = 0o020
const OTHERS_WRITE = 0o002
const STICKY = 0o1000
const MAX_LINKS = 40

/** Windows has access control lists that Node does not read: nothing is checked there. */
export const createOwnership = (system = thisSystem()): Ownership => ({
  problem: (file) => (system === null ? null : problemOf(path.posix.normalize(file), system)),
})

function problemOf(file: string, system: OwnershipSystem): string | null {
  const pending = file.split('/').filter(Boolean)
  let at = '/'
  let links = 0
  let found = judge('/', pending.length > 0, system)
  while (found === null && pending.length > 0) {
    const name = pending.shift() as string
    const next = name === '..' ? path.posix.dirname(at) : path.posix.join(at, name)
    try {
      const stats = system.lstat(next)
      if (stats.isSymbolicLink()) {
        // Its mode means nothing; its owner may point it elsewhere, and so may who can write the folder around it.
        if (!trusted(stats.uid, system)) return owned(next)
        if (++links > MAX_LINKS) return `${next} leads in a circle of links`
        const target = system.readlink(next)
        if (target.startsWith('/')) at = '/'
        pending.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'))
        continue
      }
    } catch {
      return `${next} is not there`
    }
    at = next
    found = judge(at, pending.length > 0, system)
  }
  return found
}

/** @param above it lies above what is run: in a sticky folder others can add, and neither rename nor replace */
function judge(file: string, above: boolean, system: OwnershipSystem): string | null {
  const stats = system.lstat(file)
  if (!trusted(stats.uid, system)) return owned(file)
  const byOthers = (stats.mode & OTHERS_WRITE) !== 0
  const byGroup = (stats.mode & GROUP_WRITE) !== 0 && !system.ownGroup(stats.gid)
  if (!byOthers && !byGroup) return null
  if (above && stats.isDirectory() && (stats.mode & STICKY) !== 0) return null
  return `${file} can be written by other users of this machine`
}

const trusted = (uid: number, system: OwnershipSystem) => uid === 0 || uid === system.uid
const owned = (file: string) => `${file} belongs to another user of this machine`

function thisSystem(): OwnershipSystem | null {
  const uid = process.getuid?.()
  if (uid === undefined) return null
  const own = new Map<number, boolean>()
  return {
    uid,
    lstat: lstatSync,
    readlink: (link) => readlinkSync(link),
    ownGroup(gid) {
      const known = own.get(gid)
      if (known !== undefined) return known
      const answer = isOwnGroup(gid, uid, textOf('/etc/group'), textOf('/etc/passwd'))
      own.set(gid, answer)
      return answer
    },
  }
}

/** Of macOS: whoever is in it may become root. */
const ADMIN_OF_MACOS = 80

/**
 * Many systems give each user a group of their own and let it write. A group that the two files do not name is one of a
 * directory service: then nobody knows who is in it.
 *
 * @param groups as group(5) has them
 * @param users as passwd(5) has them
 */
export function isOwnGroup(
  gid: number,
  uid: number,
  groups: string,
  users: string,
  platform = process.platform,
): boolean {
  if (gid === 0 || (platform === 'darwin' && gid === ADMIN_OF_MACOS)) return true
  const lines = groups.split('\n').map((line) => line.split(':'))
  const group = lines.find((fields) => fields[2] === String(gid))
  if (group === undefined) return false
  const people = users.split('\n').map((line) => line.split(':'))
  const named = (group[3] ?? '').split(',').filter(Boolean)
  const members = [
    ...people.filter((fields) => fields[3] === String(gid)).map((fields) => fields[2]),
    ...named.map((name) => people.find((fields) => fields[0] === name)?.[2] ?? name),
  ]
  return members.every((member) => member === '0' || member === String(uid))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
