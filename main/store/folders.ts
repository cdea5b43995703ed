import { realpathSync } from 'node:fs'
import path from 'node:path'

/** Folders as rules name them: absolute, compared segment by segment. */

/** Absolute in the sense of either kind of system, without a step upwards that would read as another folder. */
export function isFolder(text: string): boolean {
  const absolute = path.posix.isAbsolute(text) || /^(?:[A-Za-z]:[\\/]|\\\\)/.test(text)
  return absolute && !/(?:^|[\\/])\.\.?(?:[\\/]|$)/.test(text)
}

/** On Windows both slashes part segments and case means nothing; elsewhere a backslash and case are part of a name. */
export function segments(folder: string, platform = process.platform): string[] {
  const parts = folder.split(platform === 'win32' ? /[\\/]+/ : /\/+/).filter((part) => part !== '')
  return platform === 'win32' ? parts.map((part) => part.toLowerCase()) : parts
}

/** Whether a folder is another one or lies in it: `/a/bc` does not lie in `/a/b`. */
export function isWithin(folder: string, outer: string, platform = process.platform): boolean {
  const inner = segments(folder, platform)
  return segments(outer, platform).every((segment, at) => inner[at] === segment)
}

/** The folder itself where it is not there, or may not be seen: a rule for it matches what is called so. */
export function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}
