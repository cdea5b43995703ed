import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs'
import type { Finding } from '../doctor/finding.ts'

/** Rights of others to a file that they lose; bits of a mode. */
export interface RightsChange {
  readonly file: string
  readonly was: number
  readonly now: number
}

/**
 * What the doctor found open to others, but for the files of projects: those belong to whoever works on them.
 *
 * @param shared files that stay as they are
 */
export function rightsToMend(
  findings: readonly Pick<Finding, 'code' | 'file'>[],
  shared: ReadonlySet<string>,
): RightsChange[] {
  const taken = new Map<string, number>()
  for (const { code, file } of findings) {
    const bits =
      code === 'doctor.readable_by_others'
        ? 0o077
        : code === 'doctor.writable_by_others'
          ? 0o022
          : 0
    if (bits !== 0 && file !== null && !shared.has(file))
      taken.set(file, (taken.get(file) ?? 0) | bits)
  }
  return [...taken].flatMap(([file, bits]) => {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats === undefined || stats.uid !== process.getuid?.()) return []
    const was = stats.mode & 0o7777
    const now = was & ~bits
    return was === now ? [] : [{ file, was, now }]
  })
}

/** Where its rights still are what they were: whoever changed them meanwhile wanted that. @returns false where not */
export function changeRights({ file, was, now }: RightsChange): boolean {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants
  let descriptor: number
  try {
    descriptor = openSync(realpathSync(file), O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
  } catch {
    return false
  }
  try {
    const about = fstatSync(descriptor)
    if (about.uid !== process.getuid?.() || (about.mode & 0o7777) !== was) return false
    fchmodSync(descriptor, now)
    return true
  } catch {
    return false
  } finally {
    closeSync(descriptor)
  }
}

export const backwards = ({ file, was, now }: RightsChange): RightsChange => ({
  file,
  was: now,
  now: was,
})

export const octal = (mode: number) => mode.toString(8).padStart(4, '0')
